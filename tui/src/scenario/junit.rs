//! Reports as JUnit XML, the form that CI systems read.
//!
//! Source: <https://github.com/testmoapp/junitxml>

use std::fmt::Write;

use super::Report;

/// One test suite per scenario, one test case per expectation.
pub fn junit(reports: &[Report]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for report in reports {
        // Writing to a String cannot fail.
        let _ = suite(&mut xml, report);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, report: &Report) -> std::fmt::Result {
    let failures = report.verdicts.iter().filter(|verdict| !verdict.holds).count();
    let errors = usize::from(report.problem.is_some());
    let name = escaped(&report.name);
    writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{:.3}\" timestamp=\"{:.0}\">",
        report.verdicts.len() + errors,
        report.seconds(),
        report.began
    )?;
    for verdict in &report.verdicts {
        write!(xml, "    <testcase classname=\"{name}\" name=\"{}\"", escaped(&verdict.says))?;
        if verdict.holds {
            writeln!(xml, "/>")?;
        } else {
            writeln!(xml, "><failure message=\"{}\"/></testcase>", escaped(&verdict.measured))?;
        }
    }
    if let Some(problem) = &report.problem {
        let problem = escaped(problem);
        writeln!(
            xml,
            "    <testcase classname=\"{name}\" name=\"played to its end\"><error message=\"{problem}\"/></testcase>"
        )?;
    }
    writeln!(xml, "  </testsuite>")
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
