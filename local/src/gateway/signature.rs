//! Who signed a request: Signature Version 4, checked by signing the same request again with the key it names.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::{Duration, SystemTime};

use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::{HeaderMap, request::Parts};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{AccessKey, Credentials, Service};
use crate::aws::{Principal, ServiceError};

/// How far the date of a signature may be from now.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// The scope that a signature is valid for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CredentialScope<'a> {
    access_key_id: &'a str,
    region: &'a str,
    pub(super) service: &'a str,
}

/// The parts of an `Authorization` header.
struct Authorization<'a> {
    scope: CredentialScope<'a>,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
        let credential: Vec<&str> = field("Credential=")?.split('/').collect();
        let [access_key_id, _date, region, service, "aws4_request"] = credential[..] else { return None };
        Some(Self {
            scope: CredentialScope { access_key_id, region, service },
            signed_headers: field("SignedHeaders=")?.split(';').collect(),
            signature: field("Signature=")?,
        })
    }
}

/// The credential scope of a request, when it has a well-formed signature.
pub(super) fn credential_scope(headers: &HeaderMap) -> Option<CredentialScope<'_>> {
    let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    Authorization::parse(header).map(|authorization| authorization.scope)
}

/// Finds out who signed the request.
///
/// # Errors
/// As AWS answers them: no signature, an unknown key, an old date, or a signature that does not match.
pub(super) fn authenticate(
    parts: &Parts,
    body: &Bytes,
    credentials: &Credentials,
    service: Service,
) -> Result<Principal, ServiceError> {
    let header = parts
        .headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| refused(service, Refusal::Missing))?;
    let authorization = Authorization::parse(header).ok_or_else(|| refused(service, Refusal::Incomplete))?;
    let (key, principal) =
        credentials.find(authorization.scope.access_key_id).ok_or_else(|| refused(service, Refusal::UnknownKey))?;
    let token = parts.headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    if key.session_token.as_deref() != token {
        return Err(refused(service, Refusal::UnknownKey));
    }
    let time = signing_time(&parts.headers).ok_or_else(|| refused(service, Refusal::Incomplete))?;
    if skew(time) > MAX_CLOCK_SKEW {
        return Err(refused(service, Refusal::Expired));
    }
    match expected_signature(parts, body, &authorization, &key, time) {
        Some(expected) if same(&expected, authorization.signature) => Ok(principal),
        _ => Err(refused(service, Refusal::Mismatch)),
    }
}

fn signing_time(headers: &HeaderMap) -> Option<SystemTime> {
    let text = headers.get("x-amz-date")?.to_str().ok()?;
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    let timestamp: Timestamp = TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(SystemTime::from(timestamp))
}

fn skew(time: SystemTime) -> Duration {
    let now = SystemTime::now();
    now.duration_since(time).or_else(|_| time.duration_since(now)).unwrap_or_default()
}

fn expected_signature(
    parts: &Parts,
    body: &Bytes,
    authorization: &Authorization<'_>,
    key: &AccessKey,
    time: SystemTime,
) -> Option<String> {
    let identity = aws_credential_types::Credentials::new(&key.id, &key.secret, None, None, "embedded-cloud").into();
    // Every header that the client signed is given as it came, so none is left out by default and none added.
    let mut settings = SigningSettings::default();
    settings.excluded_headers = None;
    settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(authorization.scope.region)
        .name(authorization.scope.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let headers: Vec<(&str, &str)> = authorization
        .signed_headers
        .iter()
        .flat_map(|name| parts.headers.get_all(*name).iter().map(move |value| (*name, value)))
        .filter_map(|(name, value)| Some((name, value.to_str().ok()?)))
        .collect();
    let host = parts.headers.get(http::header::HOST)?.to_str().ok()?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let payload = match parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
        Some("UNSIGNED-PAYLOAD") => SignableBody::UnsignedPayload,
        _ => SignableBody::Bytes(body),
    };
    let request =
        SignableRequest::new(parts.method.as_str(), format!("http://{host}{path}"), headers.into_iter(), payload)
            .ok()?;
    Some(sign(request, &params).ok()?.into_parts().1)
}

/// Compares in constant time, so that a signature cannot be guessed digit by digit.
fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |diff, (l, r)| diff | (l ^ r)) == 0
}

#[derive(Clone, Copy)]
enum Refusal {
    Missing,
    Incomplete,
    UnknownKey,
    Expired,
    Mismatch,
}

/// The refusal in the words of that service: the Query and REST services answer 403, the JSON ones 400.
///
/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn refused(service: Service, refusal: Refusal) -> ServiceError {
    let query = service == Service::CloudFormation;
    let status = if matches!(service, Service::CloudFormation | Service::Lambda) { 403 } else { 400 };
    let (code, message) = match refusal {
        Refusal::Missing if query => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
        Refusal::Missing => ("MissingAuthenticationTokenException", "Request is missing Authentication Token"),
        Refusal::Incomplete if query => {
            ("IncompleteSignature", "The request signature does not conform to AWS standards.")
        }
        Refusal::Incomplete => {
            ("IncompleteSignatureException", "The request signature does not conform to AWS standards.")
        }
        Refusal::UnknownKey if query => {
            ("InvalidClientTokenId", "The security token included in the request is invalid.")
        }
        Refusal::UnknownKey => {
            ("UnrecognizedClientException", "The security token included in the request is invalid.")
        }
        Refusal::Expired if query => ("SignatureDoesNotMatch", "Signature expired or not yet current."),
        Refusal::Expired => ("InvalidSignatureException", "Signature expired or not yet current."),
        Refusal::Mismatch if query => ("SignatureDoesNotMatch", MISMATCH),
        Refusal::Mismatch => ("InvalidSignatureException", MISMATCH),
    };
    ServiceError::new(status, code, message)
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. \
Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn signed(key: &AccessKey, time: SystemTime, path: &str, body: &'static [u8]) -> (Parts, Bytes) {
        let identity =
            aws_credential_types::Credentials::new(&key.id, &key.secret, key.session_token.clone(), None, "t").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("lambda")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .expect("complete parameters")
            .into();
        let uri = format!("http://127.0.0.1:4566{path}");
        let mut request = Request::post(&uri).header("host", "127.0.0.1:4566").body(()).expect("a request");
        let headers = [("host", "127.0.0.1:4566")];
        let signable =
            SignableRequest::new("POST", uri, headers.into_iter(), SignableBody::Bytes(body)).expect("signable");
        let (instructions, _) = sign(signable, &params).expect("a signature").into_parts();
        instructions.apply_to_request_http1x(&mut request);
        (request.into_parts().0, Bytes::from_static(body))
    }

    fn admitting(key: &AccessKey) -> Credentials {
        let credentials = Credentials::default();
        credentials.admit(key.clone(), Principal::Function("createOrder".into()));
        credentials
    }

    #[test]
    fn a_signed_request_is_known_by_its_key() {
        let key = AccessKey::temporary();
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=%24LATEST";
        let (parts, body) = signed(&key, SystemTime::now(), path, b"{}");
        let principal = authenticate(&parts, &body, &admitting(&key), Service::Lambda);
        assert_eq!(principal, Ok(Principal::Function("createOrder".into())));
    }

    #[test]
    fn another_secret_or_body_or_key_is_refused() {
        let key = AccessKey::long_lived();
        let (parts, body) = signed(&key, SystemTime::now(), "/", b"{}");
        let code = |credentials: &Credentials, body: &Bytes| {
            authenticate(&parts, body, credentials, Service::DynamoDb).map_err(|error| error.code)
        };
        let changed = AccessKey { secret: "other".into(), ..key.clone() };
        assert_eq!(code(&admitting(&changed), &body), Err("InvalidSignatureException".into()));
        assert_eq!(code(&admitting(&key), &Bytes::from_static(b"[]")), Err("InvalidSignatureException".into()));
        assert_eq!(code(&Credentials::default(), &body), Err("UnrecognizedClientException".into()));
    }

    #[test]
    fn an_old_signature_is_refused() {
        let key = AccessKey::long_lived();
        let (parts, body) = signed(&key, SystemTime::now() - Duration::from_secs(3600), "/", b"{}");
        let error = authenticate(&parts, &body, &admitting(&key), Service::Lambda).expect_err("must be refused");
        assert_eq!((error.status, error.code.as_str()), (403, "InvalidSignatureException"));
    }
}
