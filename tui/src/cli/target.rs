//! Finding the stack that a command is for.

use anyhow::{Context, Result, bail};

use super::Target;
use crate::{
    app::System,
    cloud::{Connection, Endpoint, Reach, discover},
};

/// The stack's name where none is given.
const DEFAULT_STACK: &str = "eventflow-order-system-dev";

impl Target {
    /// Whether a stack was named, on the command line.
    pub(super) fn is_given(&self) -> bool {
        self.stack.is_some() || self.endpoint_url.is_some()
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: self.endpoint_url.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            access_key: None,
        }
    }

    /// The stack, as discovered.
    pub(super) async fn reach(&self) -> Result<(System, Reach)> {
        if !self.is_given() && std::env::var_os("AWS_ENDPOINT_URL").is_none() {
            bail!(
                "which stack? Start `eventflow-tui local` and source the lines that it prints, or give --stack NAME \
of a deployed one"
            );
        }
        let connection = Connection::open(&self.endpoint()).await?;
        let name = self.stack.as_deref().unwrap_or(DEFAULT_STACK);
        let (system, resources) =
            discover(&connection, name, None).await.with_context(|| format!("cannot look into the stack {name}"))?;
        Ok((system, Reach { connection, resources, processes: None }))
    }
}
