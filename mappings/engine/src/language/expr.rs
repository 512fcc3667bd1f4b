//! The tree of what stands in a rule's text: paths, literals, pipes, conditions.

/// Where a piece of text stands inside its scalar, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) width: u32,
}

/// One expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) span: Span,
    pub(crate) kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExprKind {
    Path(Path),
    Text(String),
    /// A number's literal text.
    Number(String),
    Bool(bool),
    Null,
    List(Vec<Expr>),
    Pipe {
        head: Box<Expr>,
        calls: Vec<Call>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary {
        op: Binary,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Has(Box<Expr>),
    Choose {
        cond: Box<Expr>,
        yes: Box<Expr>,
        no: Box<Expr>,
    },
}

/// Operators between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Plus,
    Minus,
    Times,
}

/// One function of a pipe with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) args: Vec<Arg>,
}

/// One argument, by place or by name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arg {
    pub(crate) name: Option<String>,
    pub(crate) value: Expr,
}

/// A path into the record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) from: Origin,
    pub(crate) steps: Vec<Step>,
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// So many elements up; 0 is the current one.
    Up(u32),
    /// The record.
    Root,
    /// What the caller supplies.
    Needs,
    /// What the hub knows: `hub.channel`, `hub.received_at` …
    Hub,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Key(String, Span),
    /// The n-th element; negative counts from the end.
    Index(i64, Span),
    /// The first element whose field has this text.
    Find {
        key: Vec<String>,
        text: String,
        span: Span,
    },
}

// === impl Path ===

impl Path {
    /// As people write it.
    pub(crate) fn text(&self) -> String {
        let mut text = match self.from {
            Origin::Up(levels) => "../".repeat(levels as usize),
            Origin::Root => "root".to_owned(),
            Origin::Needs => "needs".to_owned(),
            Origin::Hub => "hub".to_owned(),
        };
        if self.steps.is_empty() && matches!(self.from, Origin::Up(_)) {
            text.push_str("this");
        }
        for step in &self.steps {
            step.write(&mut text);
        }
        text
    }
}

impl Step {
    fn write(&self, text: &mut String) {
        match self {
            Self::Key(key, _) => {
                if !text.is_empty() && !text.ends_with('/') {
                    text.push('.');
                }
                push_key(text, key);
            }
            Self::Index(index, _) => text.push_str(&format!("[{index}]")),
            Self::Find { key, text: wanted, .. } => {
                text.push_str(&format!("[{} = {wanted:?}]", key.join(".")));
            }
        }
    }
}

/// Appends a key, quoted when it is not a plain name.
pub(crate) fn push_key(text: &mut String, key: &str) {
    let plain = !key.is_empty() && key.chars().all(is_name_char);
    if plain {
        text.push_str(key);
    } else {
        if text.ends_with('.') {
            text.pop();
        }
        text.push_str(&format!("[{key:?}]"));
    }
}

/// Whether a character can stand in a plain name.
pub(crate) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}

impl Span {
    /// From the start of `self` to the end of `other`.
    pub(crate) const fn to(self, other: Self) -> Self {
        Self { start: self.start, width: (other.start + other.width).saturating_sub(self.start) }
    }
}
