//! Starting the embedded cloud with the template, its demo products in it.

use anyhow::{Context, Result};
use eventflow_local::cloud::{CloudOptions, EmbeddedCloud};

use super::Embedded;
use crate::{
    app::System,
    cloud::{Connection, Endpoint, Processes, Reach, discover},
    functions, seed,
};

/// The Region that the embedded cloud says it is. Version 1 of the AWS CLI sends `aws sqs` to AWS itself, whatever
/// AWS_ENDPOINT_URL says, in every Region that had a legacy queue endpoint; in this one it does as it is told.
const REGION: &str = "eu-central-2";

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// An embedded cloud and a connection to it.
pub(super) struct Started {
    pub(super) cloud: EmbeddedCloud,
    pub(super) connection: Connection,
}

impl Started {
    /// What was started, as discovered: by the same calls as a stack on AWS.
    pub(super) async fn discover(&self) -> Result<(System, Reach)> {
        let scale = Some(self.cloud.time_scale());
        let (system, resources) = discover(&self.connection, self.cloud.stack_name(), scale).await?;
        let processes = Some(Processes::new(self.cloud.killer()));
        Ok((system, Reach { connection: self.connection.clone(), resources, processes }))
    }
}

/// Starts it; `port` 0 takes any that is free.
pub(super) async fn start(embedded: &Embedded, port: u16) -> Result<Started> {
    let template = match &embedded.template {
        None => TEMPLATE.to_owned(),
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("cannot read the template {}", path.display()))?
        }
    };
    let mut options = CloudOptions::new(template, functions::names()).context("cannot find this executable")?;
    options.port = port;
    options.region = REGION.to_owned();
    options.time_scale = embedded.time_scale();
    if embedded.template.is_none() {
        // Faults are what a demonstration is for, and an order must not be stuck for a minute where minutes pass in seconds.
        // Not below five of them: under load orders wait that long by themselves, and need no second event.
        let stuck_after = (60.0 / embedded.time_scale()).clamp(5.0, 3600.0).round();
        options.parameters.insert("FaultInjection".into(), "on".into());
        options.parameters.insert("StuckAfterSeconds".into(), stuck_after.to_string());
    }
    options.parameters.extend(embedded.parameters.iter().cloned());
    let cloud = EmbeddedCloud::start(options).await?;
    let (id, secret) = cloud.access_key();
    let endpoint = Endpoint {
        url: Some(cloud.endpoint_url().to_owned()),
        region: Some(cloud.region().to_owned()),
        access_key: Some((id.to_owned(), secret.to_owned())),
        ..Endpoint::default()
    };
    let connection = Connection::open(&endpoint).await?;
    let stack = cloud.stack();
    let inventory = stack.outputs.iter().find(|output| output.key == "InventoryTableName");
    if let Some(table) = inventory {
        seed::seed(&connection.dynamodb, &table.value).await?;
    }
    Ok(Started { cloud, connection })
}
