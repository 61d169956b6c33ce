//! The function detectFraud.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_fraud_detection::detect_fraud::main()
}
