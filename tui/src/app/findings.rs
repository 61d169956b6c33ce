//! What the counts of a blast radius mean, in words. No claim without a count behind it.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    blast::{Blast, Tally},
    faults,
    services::{Services, duration_text},
    window::Sample,
};

/// How many durations it takes, before and during, to say that nothing changed.
const ENOUGH: usize = 3;
/// How many of them during are enough to say that something did.
const TELLING: usize = 2;

/// What became of a service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It had nothing to do.
    NoTraffic,
    /// It saw that many events, and no end of any yet.
    Unknown(u64),
    /// That many events passed by its disabled rules, and none came through.
    Unreached(u64),
    /// Some came through, that many did not.
    Missed(u64),
    /// Requests that failed and did not succeed since, of those tried.
    Failing(u64, u64),
    /// Orders it said no to, of all it answered. Only where that is the fault.
    Refusing(u64, u64),
    /// Events that went to its dead-letter queue untried, of all.
    GivenUp(u64, u64),
    /// Requests that succeeded, but not at once, of those tried.
    Retried(u64, u64),
    /// Events that wait, of all.
    Waiting(u64, u64),
    /// Its 95th percentile before and during.
    Slower(Sample, Sample),
    /// So many waited at once, and all were handled. Only where a fault of its own was on.
    CaughtUp(u64),
    /// It handled all.
    Untouched(u64),
}

/// How much a service was harmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    /// Nobody can tell yet.
    Unknown,
    None,
    /// It does all its work, but later.
    Late,
    /// Some of its work is not done.
    Lost,
}

/// One service of a blast radius.
#[derive(Debug, Clone)]
pub(crate) struct Finding<'a> {
    pub(crate) tally: &'a Tally,
    /// Whether a fault of its own was on.
    pub(crate) broken: bool,
    /// Events that wait and were not tried yet.
    pub(crate) waiting: u64,
    pub(crate) verdict: Verdict,
}

impl Finding<'_> {
    /// How much it was harmed.
    pub(crate) fn harm(&self) -> Harm {
        match self.verdict {
            Verdict::NoTraffic | Verdict::Unknown(_) => Harm::Unknown,
            Verdict::Untouched(_) => Harm::None,
            Verdict::Slower(..) | Verdict::Waiting(..) | Verdict::CaughtUp(_) | Verdict::Retried(..) => Harm::Late,
            _ => Harm::Lost,
        }
    }

    /// Events that wait, to be tried or to be tried again.
    pub(crate) fn to_do(&self) -> u64 {
        self.waiting + self.tally.to_retry()
    }

    /// Everything it had to do, as far as that is known.
    fn all(&self) -> u64 {
        self.tally.handled + self.tally.failing() + self.tally.given_up() + self.waiting
    }

    /// The verdict in a few words.
    pub(crate) fn words(&self, blast: &Blast) -> String {
        let over = blast.ended.is_some();
        let tense = |now, then| if over { then } else { now };
        let text = match &self.verdict {
            Verdict::NoTraffic => return "no traffic yet".to_owned(),
            Verdict::Unknown(_) => return "no outcome yet".to_owned(),
            Verdict::Unreached(_) => return "nothing reached it".to_owned(),
            // What was not seen may have failed.
            Verdict::Untouched(_) if blast.gaps => return "no failure seen".to_owned(),
            Verdict::Untouched(_) => return "untouched".to_owned(),
            Verdict::Slower(before, during) => {
                return format!("slower (p95 {} → {})", duration_text(before.p95), duration_text(during.p95));
            }
            Verdict::Missed(count) => format!("missed {count}"),
            Verdict::Failing(count, of) => format!("{} {count} of {of}", tense("failing", "failed")),
            Verdict::Refusing(count, of) => format!("{} {count} of {of}", tense("refusing", "refused")),
            Verdict::GivenUp(count, of) => format!("given up {count} of {of}"),
            Verdict::Retried(count, of) => format!("retried {count} of {of}"),
            Verdict::Waiting(count, _) => format!("waiting {count}"),
            Verdict::CaughtUp(most) => format!("up to {most} waited"),
        };
        if blast.gaps { format!("at least: {text}") } else { text }
    }
}

/// Every service of the blast radius: those that were broken first.
pub(crate) fn findings<'a>(blast: &'a Blast, services: &Services, now: Timestamp) -> Vec<Finding<'a>> {
    let mut all: Vec<_> = blast.tallies.iter().map(|tally| finding(blast, tally, services, now)).collect();
    all.sort_by_key(|finding| !finding.broken);
    all
}

fn finding<'a>(blast: &Blast, tally: &'a Tally, services: &Services, now: Timestamp) -> Finding<'a> {
    let service = services.get(&tally.name);
    let waiting = service.filter(|_| tally.consumer).map_or(0, |service| service.untried(now));
    let mut finding =
        Finding { tally, broken: blast.broke(&tally.name), waiting, verdict: Verdict::Untouched(tally.handled) };
    let tried = tally.handled + tally.failing();
    let slower = slower(tally.before, tally.during());
    // Seen, and neither handled nor failed, and nothing is known to wait: that it is well cannot be said of those.
    let forgotten = service.is_some_and(|service| tally.consumer && service.backlog.waiting() == 0 && !blast.gaps);
    let missing = if forgotten { tally.seen.saturating_sub(tried + tally.given_up()) } else { 0 };
    let held_back = service.is_some_and(|service| service.reserved.is_some());
    finding.verdict = if tally.withheld > 0 {
        if tried == 0 { Verdict::Unreached(tally.withheld) } else { Verdict::Missed(tally.withheld) }
    } else if tally.failing() > 0 {
        Verdict::Failing(tally.failing(), tried)
    } else if tally.given_up() > 0 {
        Verdict::GivenUp(tally.given_up(), finding.all())
    } else if tally.refused > 0 && blast.made_refuse(&tally.name) {
        Verdict::Refusing(tally.refused, tally.refused + tally.granted)
    } else if waiting > 0 && (held_back || slower.is_none()) {
        Verdict::Waiting(waiting, finding.all())
    } else if let Some((before, during)) = slower {
        Verdict::Slower(before, during)
    } else if tally.recovered > 0 {
        Verdict::Retried(tally.recovered, tried)
    } else if finding.broken && tally.most_waiting > 0 {
        Verdict::CaughtUp(tally.most_waiting)
    } else if missing > 0 && tried > 0 {
        Verdict::Waiting(missing, tally.seen)
    } else if tried == 0 {
        if tally.seen > 0 { Verdict::Unknown(tally.seen) } else { Verdict::NoTraffic }
    } else {
        Verdict::Untouched(tally.handled)
    };
    finding
}

/// Both, when there are enough of them to be compared.
fn comparable(before: Option<Sample>, during: Option<Sample>, enough: usize) -> Option<(Sample, Sample)> {
    before.zip(during).filter(|(before, during)| before.count >= ENOUGH && during.count >= enough)
}

/// Twice as long, by more than a busy machine makes of a few milliseconds.
fn slower(before: Option<Sample>, during: Option<Sample>) -> Option<(Sample, Sample)> {
    let much = Duration::from_millis(50);
    comparable(before, during, TELLING).filter(|(before, during)| during.p95 >= (before.p95 * 2).max(before.p95 + much))
}

/// A sentence, and of how much harm it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) harm: Harm,
}

/// What is to be read first: what was harmed and how, then what was not. `short` names services by their last word.
pub(crate) fn sentences(blast: &Blast, findings: &[Finding<'_>], short: bool) -> Vec<Sentence> {
    let name =
        |finding: &Finding<'_>| if short { faults::short(&finding.tally.name) } else { finding.tally.name.clone() };
    let own = findings.iter().filter(|finding| finding.broken || finding.harm() > Harm::None);
    let mut sentences: Vec<_> =
        own.map(|finding| Sentence { text: of_one(blast, finding, &name(finding)), harm: finding.harm() }).collect();
    let fine: Vec<_> = findings.iter().filter(|f| !f.broken && matches!(f.verdict, Verdict::Untouched(_))).collect();
    if !fine.is_empty() {
        let names: Vec<_> = fine.iter().map(|finding| name(finding)).collect();
        let handled: u64 = fine.iter().map(|finding| finding.tally.handled).sum();
        let all: u64 = fine.iter().map(|finding| finding.all()).sum();
        let counts =
            if blast.gaps { format!("at least {handled} handled") } else { format!("{handled} of {all} handled") };
        let text = format!("{}: {counts}{}.", names.join(", "), percentiles(&fine, name));
        sentences.push(Sentence { text, harm: Harm::None });
    }
    sentences
}

fn of_one(blast: &Blast, finding: &Finding<'_>, name: &str) -> String {
    let at_least = if blast.gaps { "at least " } else { "" };
    let over = blast.ended.is_some();
    let lead = |words: &str| if over { format!("{name}: {at_least}") } else { format!("{name} {words}: {at_least}") };
    let dead = finding.tally.dead();
    let letters = match dead {
        0 => String::new(),
        1 => ", 1 dead letter".to_owned(),
        more => format!(", {more} dead letters"),
    };
    let waited = match finding.tally.most_waiting {
        most if most > finding.waiting && finding.broken => format!(", up to {most} waited"),
        _ => String::new(),
    };
    match &finding.verdict {
        Verdict::NoTraffic => format!("{name}: no traffic yet."),
        Verdict::Unknown(count) => format!("{name}: {at_least}{count} seen, no outcome yet."),
        Verdict::Unreached(count) => format!("{}{count} events passed it by.", lead("hears nothing")),
        Verdict::Missed(count) => format!("{}{count} events passed it by.", lead("hears nothing now")),
        Verdict::Failing(count, of) => format!("{}{count} of {of} failed{letters}.", lead("is failing")),
        Verdict::Refusing(count, of) => format!("{}{count} of {of} refused.", lead("refuses")),
        Verdict::GivenUp(count, of) => format!("{}{count} of {of} given up untried{letters}.", lead("takes nothing")),
        Verdict::Retried(count, of) => format!("{}{count} of {of} needed a retry.", lead("stumbles")),
        Verdict::Waiting(count, of) => format!("{}{count} of {of} wait{letters}.", lead("falls behind")),
        Verdict::Slower(before, during) => {
            let (before, during) = (duration_text(before.p95), duration_text(during.p95));
            let (handled, all) = (finding.tally.handled, finding.all());
            let lead = if over { format!("{name}:") } else { format!("{name} is slower:") };
            format!("{lead} p95 {before} → {during}, {at_least}{handled} of {all} handled{waited}.")
        }
        Verdict::CaughtUp(_) => {
            format!("{}{} of {} handled{waited}.", lead("has caught up"), finding.tally.handled, finding.all())
        }
        Verdict::Untouched(count) => format!("{name}: {at_least}{count} handled, nothing else seen yet."),
    }
}

/// How the percentiles of those that did well compare, where they can be compared for all.
fn percentiles(fine: &[&Finding<'_>], name: impl Fn(&Finding<'_>) -> String) -> String {
    let pairs: Option<Vec<_>> = fine.iter().map(|f| comparable(f.tally.before, f.tally.during(), ENOUGH)).collect();
    let Some(pairs) = pairs else { return String::new() };
    // A quarter more or less is what a busy machine makes of the same work.
    let margin = |before: Duration| before / 4 + Duration::from_millis(2);
    let is_higher = |(before, during): &(Sample, Sample)| during.p95 > before.p95 + margin(before.p95);
    let is_lower = |(before, during): &(Sample, Sample)| during.p95 + margin(before.p95) < before.p95;
    let named = fine.iter().zip(&pairs).filter(|(_, pair)| is_higher(pair));
    let worst = named.max_by_key(|(_, (before, during))| during.p95.saturating_sub(before.p95));
    match worst {
        Some((finding, (before, during))) => {
            let (before, during) = (duration_text(before.p95), duration_text(during.p95));
            format!(", p95 of {} {before} → {during}", name(finding))
        }
        None if pairs.iter().any(is_lower) => ", p95 not higher".to_owned(),
        None => ", p95 unchanged".to_owned(),
    }
}
