//! Conditions on JSON lines: `{ $.level = "ERROR" && $.durationMs > 100 }`.

use serde_json::Value;

/// A condition on a JSON line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Test(Selector, Test),
}

/// A step of a selector.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Name(String),
    Index(usize),
    Every,
}

pub(super) type Selector = Vec<Step>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Text { negated: bool, pattern: String },
    Number { operator: Operator, number: f64 },
    IsTrue,
    IsFalse,
    IsNull,
    Exists,
    NotExists,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

pub(super) fn parse(text: &str) -> Result<Condition, String> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or("a brace is not closed")?;
    let mut parser = Parser { rest: inner };
    let condition = parser.any(0)?;
    parser.skip();
    if parser.rest.is_empty() { Ok(condition) } else { Err(format!("unexpected '{}'", parser.rest)) }
}

/// How deep parentheses may nest; a bound on recursion.
const MAX_DEPTH: usize = 32;

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    fn any(&mut self, depth: usize) -> Result<Condition, String> {
        let mut left = self.all(depth)?;
        while self.take("||") {
            left = Condition::Or(Box::new(left), Box::new(self.all(depth)?));
        }
        Ok(left)
    }

    fn all(&mut self, depth: usize) -> Result<Condition, String> {
        let mut left = self.one(depth)?;
        while self.take("&&") {
            left = Condition::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Condition, String> {
        if self.take("(") {
            if depth == MAX_DEPTH {
                return Err("parentheses nest too deep".into());
            }
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err("a parenthesis is not closed".into()) };
        }
        if self.take("NOT EXISTS") {
            return Ok(Condition::Test(self.selector()?, Test::NotExists));
        }
        let selector = self.selector()?;
        let test = self.test()?;
        Ok(Condition::Test(selector, test))
    }

    fn selector(&mut self) -> Result<Selector, String> {
        if !self.take("$") {
            return Err(format!("expected a selector that begins with '$' at '{}'", self.rest));
        }
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix("[") {
                let (inside, rest) = rest.split_once(']').ok_or("a bracket is not closed")?;
                self.rest = rest;
                steps.push(match inside.trim() {
                    "*" => Step::Every,
                    index if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Step::Index(index.parse().map_err(|_| format!("'{index}' is not an index"))?)
                    }
                    name => Step::Name(name.trim_matches(['\'', '"']).to_owned()),
                });
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                if self.rest.starts_with('[') {
                    continue;
                }
                let name = self.word(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
                match name {
                    "" if self.take("*") => steps.push(Step::Every),
                    "" => return Err("a selector ends with '.'".into()),
                    name => steps.push(Step::Name(name.to_owned())),
                }
            } else {
                return if steps.is_empty() { Err("a selector names no field".into()) } else { Ok(steps) };
            }
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn test(&mut self) -> Result<Test, String> {
        for (words, test) in [
            ("IS TRUE", Test::IsTrue),
            ("IS FALSE", Test::IsFalse),
            ("IS NULL", Test::IsNull),
            ("NOT EXISTS", Test::NotExists),
            ("EXISTS", Test::Exists),
        ] {
            if self.take(words) {
                return Ok(test);
            }
        }
        let operators = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        let Some((_, operator)) = operators.into_iter().find(|(token, _)| self.take(token)) else {
            return Err(format!("expected an operator at '{}'", self.rest));
        };
        self.operand(operator)
    }

    fn operand(&mut self, operator: Operator) -> Result<Test, String> {
        self.skip();
        if self.rest.starts_with('%') {
            return Err("regular expressions are not served by the embedded cloud".into());
        }
        let quoted = self.rest.strip_prefix('"');
        let text = match quoted {
            Some(rest) => {
                let (text, rest) = rest.split_once('"').ok_or("a quotation mark is not closed")?;
                self.rest = rest;
                text
            }
            None => self.word(|c| !c.is_whitespace() && !matches!(c, ')' | '&' | '|' | '(')),
        };
        if text.is_empty() && quoted.is_none() {
            return Err("an operator without a value".into());
        }
        match (quoted.is_none().then(|| text.parse::<f64>().ok()).flatten(), operator) {
            (Some(number), operator) if number.is_finite() => Ok(Test::Number { operator, number }),
            (_, Operator::Equal) => Ok(Test::Text { negated: false, pattern: text.to_owned() }),
            (_, Operator::NotEqual) => Ok(Test::Text { negated: true, pattern: text.to_owned() }),
            _ => Err(format!("'{text}' is not a number")),
        }
    }
}

impl Condition {
    pub(super) fn holds(&self, line: &Value) -> bool {
        match self {
            Self::And(left, right) => left.holds(line) && right.holds(line),
            Self::Or(left, right) => left.holds(line) || right.holds(line),
            Self::Test(selector, test) => test.holds(&select(line, selector)),
        }
    }
}

/// All values that the selector names.
fn select<'a>(value: &'a Value, steps: &[Step]) -> Vec<&'a Value> {
    let [step, rest @ ..] = steps else { return vec![value] };
    let inner: Vec<&Value> = match (step, value) {
        (Step::Name(name), value) => value.get(name).into_iter().collect(),
        (Step::Index(index), value) => value.get(index).into_iter().collect(),
        (Step::Every, Value::Array(elements)) => elements.iter().collect(),
        (Step::Every, Value::Object(fields)) => fields.values().collect(),
        (Step::Every, _) => Vec::new(),
    };
    inner.into_iter().flat_map(|value| select(value, rest)).collect()
}

impl Test {
    fn holds(&self, values: &[&Value]) -> bool {
        match self {
            Self::Exists => !values.is_empty(),
            Self::NotExists => values.is_empty(),
            Self::IsTrue => values.contains(&&Value::Bool(true)),
            Self::IsFalse => values.contains(&&Value::Bool(false)),
            Self::IsNull => values.contains(&&Value::Null),
            Self::Text { negated, pattern } => {
                values.iter().any(|value| text_of(value).is_some_and(|text| like(pattern, &text) != *negated))
            }
            Self::Number { operator, number } => {
                values.iter().filter_map(|value| value.as_f64()).any(|value| operator.holds(value, *number))
            }
        }
    }
}

fn text_of(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether the text fits a pattern in which `*` stands for any run of characters.
fn like(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut middle: Vec<&str> = pieces.collect();
    let Some(last) = middle.pop() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

impl Operator {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
