//! Amazon Resource Names.

use std::{fmt, str::FromStr};

/// An Amazon Resource Name, `arn:partition:service:region:account:resource`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// The service's namespace: `lambda`, `sqs`, `logs`, ...
    pub service: String,
    /// The Region; empty for global services.
    pub region: String,
    /// The account id; empty where the service has none.
    pub account: String,
    /// All after the fifth colon, further colons included: `function:createOrder`, `log-group:/aws/lambda/x`.
    pub resource: String,
}

/// Why a text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an ARN: expected arn:partition:service:region:account:resource")]
pub struct ParseArnError(String);

impl FromStr for Arn {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        match fields[..] {
            ["arn", partition, service, region, account, resource] if !service.is_empty() && !resource.is_empty() => {
                Ok(Self {
                    partition: partition.into(),
                    service: service.into(),
                    region: region.into(),
                    account: account.into(),
                    resource: resource.into(),
                })
            }
            _ => Err(ParseArnError(text.to_owned())),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_reads_back_as_it_was_written() {
        let text = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/orders:*";
        let arn: Arn = text.parse().expect("a valid ARN");
        assert_eq!(arn.resource, "log-group:/aws/events/orders:*");
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn a_text_with_too_few_fields_is_refused() {
        assert!("arn:aws:sqs:us-east-1".parse::<Arn>().is_err());
        assert!("urn:aws:sqs:us-east-1:0:q".parse::<Arn>().is_err());
    }
}
