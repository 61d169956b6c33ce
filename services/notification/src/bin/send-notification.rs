//! The function sendNotification.

fn main() -> Result<(), lambda_runtime::Error> {
    eventflow_notification::send_notification::main()
}
