//! DynamoDB: the crate `dynoxide` behind the gateway. Not our own code; here is only the way to it.

use axum::body::Body;
use dynoxide::Database;
use http::{Request, Uri, uri::Authority};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    aws::{Call, Reply, ServiceError},
    stack::Table,
};

/// Why DynamoDB did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database did not open.
    #[error("cannot open the in-memory database: {0}")]
    Open(String),
    /// No loopback port could be had.
    #[error("cannot listen on 127.0.0.1 for DynamoDB: {0}")]
    Listen(#[from] std::io::Error),
    /// A table of the template was refused.
    #[error("cannot create table {table}: {reason}")]
    CreateTable {
        /// The table's name.
        table: String,
        /// What DynamoDB said.
        reason: String,
    },
}

/// The embedded DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    client: Client<HttpConnector, Body>,
    authority: Authority,
}

impl DynamoDb {
    /// Opens an in-memory database, creates the tables, and serves it until `stop` is cancelled.
    ///
    /// # Errors
    /// [`StartError`] when there is no port or a table is refused.
    pub async fn start(tables: &[Table], stop: CancellationToken) -> Result<Self, StartError> {
        let database = Database::memory().map_err(|error| StartError::Open(error.to_string()))?;
        for table in tables {
            create(&database, table)?;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let authority = authority(&listener)?;
        tokio::spawn(async move {
            let served = dynoxide::server::serve_with_shutdown(listener, database, stop.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "DynamoDB stopped");
            }
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), authority })
    }

    /// Hands a call on to the database. Signature and permissions were checked at the gateway.
    ///
    /// # Errors
    /// `InternalServerError` (500) when the database cannot be reached.
    pub async fn handle(&self, call: Call) -> Result<Reply, ServiceError> {
        let unreachable = |error: &dyn std::fmt::Display| {
            ServiceError::new(500, "InternalServerError", format!("the embedded DynamoDB did not answer: {error}"))
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(self.authority.clone())
            .path_and_query(call.uri.path_and_query().map_or("/", |path| path.as_str()))
            .build()
            .map_err(|error| unreachable(&error))?;
        let mut request = Request::new(Body::from(call.body));
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        let response = self.client.request(request).await.map_err(|error| unreachable(&error))?;
        Ok(Reply::Http(response.map(Body::new)))
    }
}

fn authority(listener: &TcpListener) -> Result<Authority, StartError> {
    let address = listener.local_addr()?;
    address.to_string().parse().map_err(|error| StartError::Listen(std::io::Error::other(error)))
}

fn create(database: &Database, table: &Table) -> Result<(), StartError> {
    let refused = |reason: String| StartError::CreateTable { table: table.name.clone(), reason };
    let input = serde_json::from_value(table.create_table.clone()).map_err(|error| refused(error.to_string()))?;
    database.create_table(input).map_err(|error| refused(error.to_string()))?;
    if let Some(attribute) = &table.ttl_attribute {
        let input = serde_json::json!({
            "TableName": table.name,
            "TimeToLiveSpecification": { "Enabled": true, "AttributeName": attribute },
        });
        let input = serde_json::from_value(input).map_err(|error| refused(error.to_string()))?;
        database.update_time_to_live(input).map_err(|error| refused(error.to_string()))?;
    }
    Ok(())
}
