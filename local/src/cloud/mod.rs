//! The embedded cloud put together: a template goes in, AWS APIs on loopback come out.

mod apis;
mod options;
mod router;
mod running;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::options::CloudOptions;
use self::running::{Running, Surroundings};
use crate::{
    aws::{Clock, Principal},
    cloudformation::{Blueprint, CloudFormation},
    dynamodb::{self, DynamoDb},
    events,
    gateway::{AccessKey, Api, Credentials, Gateway, Service},
    http_api,
    lambda::{FunctionPrograms, Lambda, ProcessInfo},
    stack::Stack,
    template::{self, TemplateError, TemplateOptions},
};

/// Why the embedded cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The template cannot be run.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// No loopback port could be had.
    #[error("cannot listen on 127.0.0.1:{port}: {source}. Give another port, or 0 for any that is free")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// DynamoDB did not start.
    #[error("DynamoDB: {0}")]
    DynamoDb(#[from] dynamodb::StartError),
    /// EventBridge did not start.
    #[error("EventBridge: {0}")]
    EventBridge(#[from] events::RuleError),
    /// A setting makes no sense.
    #[error("{0}")]
    Setting(String),
}

/// A running cloud. Ends when [`shutdown`](Self::shutdown) is awaited; when it is dropped, its processes are ended too.
#[derive(Debug)]
pub struct EmbeddedCloud {
    endpoint_url: String,
    api_url: String,
    region: String,
    stack_name: String,
    cloudformation: CloudFormation,
    operator: AccessKey,
    clock: Clock,
    lambda: Lambda,
    stop: CancellationToken,
    servers: TaskTracker,
}

impl EmbeddedCloud {
    /// Deploys the template and serves it. Needs a Tokio runtime of several threads.
    ///
    /// # Errors
    /// [`CloudError`] when the template cannot be run or a port is taken.
    pub async fn start(options: CloudOptions) -> Result<Self, CloudError> {
        if !(options.time_scale.is_finite() && options.time_scale > 0.0) {
            return Err(CloudError::Setting(format!("the time scale must be above 0, but is {}", options.time_scale)));
        }
        let clock = Clock::scaled(options.time_scale);
        let gateway_listener = listen(options.port).await?;
        let api_listener = listen_next_to(options.port).await?;
        let endpoint_url = url(&gateway_listener)?;
        let api_url = url(&api_listener)?;
        let blueprint = Blueprint {
            template: options.template.clone(),
            options: template_options(&options, &endpoint_url, &api_url),
        };
        let stack = template::load(&blueprint.template, &blueprint.options)?;
        let stop = CancellationToken::new();
        let operator = AccessKey::long_lived();
        let credentials = Credentials::default();
        credentials.admit(operator.clone(), Principal::Operator);

        let dynamodb = DynamoDb::start(&stack.tables, stop.clone()).await?;
        let surroundings = Surroundings { clock, endpoint_url: endpoint_url.clone(), stop: stop.clone() };
        let running = Running::start(&stack, credentials.clone(), programs(&options), &surroundings)?;
        let lambda = running.lambda.clone();
        let servers = TaskTracker::new();
        if let Some(api) = stack.api.clone() {
            let functions = Arc::new(apis::ApiFunctions(lambda.clone()));
            serve(&servers, api_listener, http_api::router(api, &stack.account, functions), &stop);
        }
        let cloudformation = CloudFormation::new(blueprint, stack, Arc::new(running.clone()), servers.clone());
        let apis: BTreeMap<Service, Arc<dyn Api>> = BTreeMap::from([
            (Service::CloudFormation, Arc::new(cloudformation.clone()) as Arc<dyn Api>),
            (Service::DynamoDb, Arc::new(dynamodb)),
            (Service::EventBridge, Arc::new(running.events)),
            (Service::Lambda, Arc::new(running.lambda)),
            (Service::Logs, Arc::new(running.logs)),
            (Service::Sqs, Arc::new(running.sqs)),
        ]);
        serve(&servers, gateway_listener, Gateway::new(credentials, apis).router(), &stop);
        let CloudOptions { region, stack_name, .. } = options;
        Ok(Self { endpoint_url, api_url, region, stack_name, cloudformation, operator, clock, lambda, stop, servers })
    }

    /// The address of all AWS APIs: `http://127.0.0.1:4566`.
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
    }

    /// The address of the HTTP API.
    pub fn api_url(&self) -> &str {
        &self.api_url
    }

    /// The Region that it says it is.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The stack's name.
    pub fn stack_name(&self) -> &str {
        &self.stack_name
    }

    /// The stack as it was deployed or updated last.
    pub fn stack(&self) -> Arc<Stack> {
        self.cloudformation.stack()
    }

    /// The operator's access key and its secret, made for this run.
    pub fn access_key(&self) -> (&str, &str) {
        (&self.operator.id, &self.operator.secret)
    }

    /// How many times as fast waits pass as they do on AWS.
    pub fn time_scale(&self) -> f64 {
        self.clock.scale()
    }

    /// The processes of a function: to be shown, or to be killed.
    pub fn processes(&self, function: &str) -> Vec<ProcessInfo> {
        self.lambda.processes(function)
    }

    /// What kills the processes of a function, by SIGKILL, and says how many there were: for demonstrations.
    pub fn killer(&self) -> impl Fn(&str) -> usize + Send + Sync + use<> {
        let lambda = self.lambda.clone();
        move |function| lambda.kill(function)
    }

    /// Ends every process and every server, and waits until they have ended.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.lambda.stopped().await;
        self.servers.close();
        self.servers.wait().await;
    }
}

impl Drop for EmbeddedCloud {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn listen(port: u16) -> Result<TcpListener, CloudError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| CloudError::Listen { port, source })
}

/// The HTTP API's port: the one behind the gateway's, or any when that is taken.
async fn listen_next_to(port: u16) -> Result<TcpListener, CloudError> {
    match port.checked_add(1).filter(|_| port > 0) {
        Some(next) => match listen(next).await {
            Ok(listener) => Ok(listener),
            Err(_) => listen(0).await,
        },
        None => listen(0).await,
    }
}

fn url(listener: &TcpListener) -> Result<String, CloudError> {
    let address = listener.local_addr().map_err(|source| CloudError::Listen { port: 0, source })?;
    Ok(format!("http://{address}"))
}

fn template_options(options: &CloudOptions, endpoint_url: &str, api_url: &str) -> TemplateOptions {
    TemplateOptions {
        stack_name: options.stack_name.clone(),
        region: options.region.clone(),
        account: options.account.clone(),
        parameters: options.parameters.clone(),
        endpoint_url: endpoint_url.to_owned(),
        api_url: api_url.to_owned(),
    }
}

fn programs(options: &CloudOptions) -> FunctionPrograms {
    let beside = options.executable.parent().map(ToOwned::to_owned).unwrap_or_default();
    FunctionPrograms { linked: options.linked.clone(), executable: options.executable.clone(), beside }
}

fn serve(servers: &TaskTracker, listener: TcpListener, routes: axum::Router, stop: &CancellationToken) {
    let stop = stop.clone();
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    servers.spawn(async move {
        // Live Tail sessions never end by themselves: the server is dropped, not drained.
        tokio::select! {
            () = stop.cancelled() => {}
            served = axum::serve(axum::serve::ListenerExt::tap_io(listener, no_delay), service) => {
                if let Err(error) = served {
                    tracing::error!(%error, "a server of the embedded cloud stopped");
                }
            }
        }
    });
}

/// Small answers must not wait for more to come.
fn no_delay(stream: &mut tokio::net::TcpStream) {
    let _ = stream.set_nodelay(true);
}
