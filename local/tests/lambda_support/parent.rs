//! A program with functions that gets killed.

use serde_json::json;

use crate::harness::Cloud;

/// The name it is started under.
pub const NAME: &str = "parent";

/// Starts two functions' processes, one idle and one that ignores everything but SIGKILL, prints their ids, and waits.
pub fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = Cloud::behave(1.0);
        cloud.invoke_async(json!({ "do": "sleep" }));
        let (answer, _) = cloud.invoke(json!({})).await;
        assert!(answer["pid"].is_u64());
        let pids: Vec<u32> = cloud.lambda.processes("behave").iter().map(|process| process.pid).collect();
        println!("{}", json!(pids));
        std::future::pending::<()>().await;
    });
}
