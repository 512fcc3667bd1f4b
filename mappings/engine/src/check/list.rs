//! Lists: going through elements of the source or through computed texts.

use super::{
    lower::{Lower, ScopeInfo},
    pipe::Ops,
};
use crate::{
    functions,
    language::expr::{Call, Expr, ExprKind, Origin, Path, Span, Step},
    plan::{
        ExprId, ListId,
        op::{Fold, ListPlan, ListSource, Op, Stage},
    },
    run::machine::SCOPES_MAX,
    schema::Kinds,
    types::{Kind, Type},
};

/// A list whose scope is open, with what is still to be done to it.
pub(crate) struct OpenList {
    pub(crate) list: ListPlan,
    /// Scopes that are open because of it.
    pub(crate) opened: usize,
    /// The list itself may be absent.
    pub(crate) absent: Type,
}

impl Lower<'_> {
    /// Whether a path ends at a list, without leaving a fault behind.
    pub(crate) fn is_list(&self, path: &Path) -> bool {
        let depth = match path.from {
            Origin::Root => Some(0),
            Origin::Up(levels) => u32::from(self.depth()).checked_sub(levels),
            Origin::Needs | Origin::Hub => None,
        };
        depth.is_some_and(|depth| self.list_schema(path, depth as usize).is_some())
    }

    /// The schema of the list that a path ends at.
    fn list_schema(&self, path: &Path, depth: usize) -> Option<()> {
        let mut id = self.scopes.get(depth)?.schema?;
        for step in &path.steps {
            let node = self.source.get(id)?;
            id = match step {
                Step::Key(key, _) => self.source.member(id, key)?,
                Step::Index(..) | Step::Find { .. } => node.items?,
            };
        }
        self.source.get(id)?.kinds.only(Kinds::ARRAY).then_some(())
    }

    /// A pipe whose head is a list of the source.
    pub(crate) fn list_pipe(&mut self, head: &Expr, calls: &[Call]) -> Option<(Ops, Type)> {
        let mut open = self.open_list(head)?;
        let result = self.list_calls(&mut open, head.span, calls);
        self.close(&open);
        let (fold, name, ty, rest) = result?;
        self.folded(open.list, fold, (name, ty), rest)
    }

    /// A pipe that goes on with a list of computed texts.
    pub(crate) fn texts_pipe(
        &mut self,
        expr: ExprId,
        ty: &Type,
        calls: &[Call],
    ) -> Option<(Ops, Type)> {
        let span = calls.first().map_or(Span::default(), |call| call.span);
        let mut open = self.open_texts(expr, ty, span)?;
        let result = self.list_calls(&mut open, span, calls);
        self.close(&open);
        let (fold, name, ty, rest) = result?;
        self.folded(open.list, fold, (name, ty), rest)
    }

    fn folded(
        &mut self,
        list: ListPlan,
        fold: Fold,
        (name, ty): (&'static str, Type),
        rest: &[Call],
    ) -> Option<(Ops, Type)> {
        let list = self.push_list(list);
        // `join` is a fold to texts with one more step.
        let (rest, joined) = match rest.split_first() {
            Some((call, after)) if call.name == "join" => (after, Some(call)),
            _ => (rest, None),
        };
        let mut ops: Ops = vec![(Op::List { list, fold }, name)];
        let mut ty = ty;
        if let Some(call) = joined {
            let with = self.join_text(call)?;
            ops.push((Op::JoinTexts(self.intern(&with)), "join"));
            ty = ty.turned(Kind::Text);
        }
        self.calls(ops, ty, rest)
    }

    fn join_text(&self, call: &Call) -> Option<String> {
        match call.args.first().map(|arg| &arg.value.kind) {
            Some(ExprKind::Text(text)) => Some(text.clone()),
            None => Some(String::new()),
            Some(_) => {
                self.error("M00", call.span, "`join` takes a text").expected("`join(\", \")`");
                None
            }
        }
    }

    /// Opens the scope of the elements of a list of the source.
    pub(crate) fn open_list(&mut self, head: &Expr) -> Option<OpenList> {
        let ExprKind::Path(path) = &head.kind else {
            let lowered = self.expression(head)?;
            if lowered.ty.kind == Kind::Texts || lowered.ty.kind == Kind::Any {
                return self.open_texts(lowered.expr, &lowered.ty, head.span);
            }
            self.error("M07", head.span, format!("{} is no list", lowered.ty.kind.words()));
            return None;
        };
        let depth = self.scope_of(path, head.span)?;
        let element = self.scopes.get(usize::from(depth)).and_then(|it| it.element.clone());
        if element.is_some() {
            self.error("M07", head.span, "an element of this list is a text, not a list");
            return None;
        }
        let cursor = self.walk(path, depth, head.span)?;
        let ty = self.type_at(&cursor, path);
        let schema = cursor.schema.and_then(|id| self.source.get(id));
        if schema.is_some_and(|it| !it.kinds.has(Kinds::ARRAY)) {
            let fault = self.error(
                "M07",
                head.span,
                format!("`{}` is {}, not a list", path.text(), ty.kind.words()),
            );
            if ty.kind == Kind::Text {
                drop(fault.help("cut it first: `field | split(\",\")`"));
            }
            return None;
        }
        let items = schema.and_then(|it| it.items);
        let (node, frame) = self.plan.trie.elements(cursor.node);
        let place = self.place(&cursor);
        self.scopes.push(ScopeInfo { node: Some(node), schema: items, element: None });
        self.depth_fits(head.span)?;
        let list = ListPlan {
            source: ListSource::Frames { place, frame },
            depth: self.depth(),
            stages: Vec::new(),
        };
        Some(OpenList { list, opened: 1, absent: ty })
    }

    /// Opens the scope of a list of computed texts.
    pub(crate) fn open_texts(&mut self, expr: ExprId, ty: &Type, span: Span) -> Option<OpenList> {
        let element = Type { missing: false, null: false, ..ty.turned(Kind::Text) };
        self.scopes.push(ScopeInfo { node: None, schema: None, element: Some(element) });
        self.depth_fits(span)?;
        let list =
            ListPlan { source: ListSource::Texts(expr), depth: self.depth(), stages: Vec::new() };
        Some(OpenList { list, opened: 1, absent: ty.clone() })
    }

    pub(crate) fn close(&mut self, open: &OpenList) {
        let left = self.scopes.len().saturating_sub(open.opened).max(1);
        self.scopes.truncate(left);
    }

    fn depth_fits(&self, span: Span) -> Option<()> {
        if self.scopes.len() <= SCOPES_MAX {
            return Some(());
        }
        self.error("M26", span, "lists nest too deep")
            .expected("at most seven lists within each other");
        None
    }

    /// Stages (`where`, `flatten`, `distinct`) and then what the list becomes.
    fn list_calls<'c>(
        &mut self,
        open: &mut OpenList,
        span: Span,
        calls: &'c [Call],
    ) -> Option<(Fold, &'static str, Type, &'c [Call])> {
        let mut rest = calls;
        while let Some((call, after)) = rest.split_first() {
            if !self.stage(open, call)? {
                break;
            }
            rest = after;
        }
        let Some((call, after)) = rest.split_first() else {
            return self.as_texts(open, span).map(|(fold, ty)| (fold, "list", ty, rest));
        };
        let absent = open.absent.clone();
        match call.name.as_str() {
            "count" => {
                let ty = Type {
                    scale: Some(0),
                    minimum: Some(0.into()),
                    ..absent.turned(Kind::Decimal)
                };
                Some((Fold::Count, "count", ty, after))
            }
            "sum" | "min" | "max" | "first" | "last" | "collect" => {
                let (fold, name, ty) = self.fold(open, call)?;
                Some((fold, name, ty, after))
            }
            "join" => self.as_texts(open, span).map(|(fold, ty)| (fold, "list", ty, rest)),
            name if functions::find(name).is_some() => {
                self.error("M07", call.span, format!("`{name}` takes one value, and this is a list"))
                    .help("go through it with `each:`, or fold it: `first`, `count`, `sum(…)`, `collect(…)`");
                None
            }
            name => {
                let names: Vec<&str> = functions::names().collect();
                self.error("M00", call.span, format!("there is no function `{name}`"))
                    .nearest(name, &names);
                None
            }
        }
    }

    /// One stage; `false` when the function is none.
    pub(crate) fn stage(&mut self, open: &mut OpenList, call: &Call) -> Option<bool> {
        let arg = call.args.first().map(|arg| &arg.value);
        match (call.name.as_str(), arg) {
            ("where", Some(cond)) => {
                let cond = self.condition(cond)?;
                open.list.stages.push(Stage::Where(cond));
            }
            ("flatten", Some(inner)) => {
                let held = self.open_list(inner)?;
                let ListSource::Frames { place, frame } = held.list.source else {
                    self.error("M07", inner.span, "`flatten` takes a list of the source");
                    return None;
                };
                open.list.stages.push(Stage::Flatten { place, frame });
                open.opened += 1;
            }
            ("distinct", key) => {
                let key = match key {
                    Some(key) => self.expression(key)?,
                    None => self.this(call.span)?,
                };
                open.list.stages.push(Stage::Distinct(key.expr));
            }
            ("where" | "flatten", None) => {
                self.error("M00", call.span, format!("`{}` needs an argument", call.name));
                return None;
            }
            _ => return Some(false),
        }
        Some(true)
    }

    /// The element itself, of a list of single values.
    fn this(&mut self, span: Span) -> Option<super::lower::Lowered> {
        let path = Path { from: Origin::Up(0), steps: Vec::new() };
        self.expression(&Expr { span, kind: ExprKind::Path(path) })
    }

    fn fold(&mut self, open: &OpenList, call: &Call) -> Option<(Fold, &'static str, Type)> {
        let element = match call.args.first() {
            Some(arg) => self.expression(&arg.value)?,
            None => self.this(call.span)?,
        };
        let missing = open.absent.missing;
        let base = Type {
            missing: true,
            null: open.absent.null,
            personal: element.ty.personal || open.absent.personal,
            ..element.ty.clone()
        };
        let number = |kind: Kind| kind.is_number() || matches!(kind, Kind::Money | Kind::Any);
        Some(match call.name.as_str() {
            "sum" if !number(element.ty.kind) => {
                self.error(
                    "M05",
                    call.span,
                    format!("`sum` takes numbers, not {}", element.ty.kind.words()),
                )
                .help("`sum(price | decimal)`");
                return None;
            }
            "sum" => {
                let kind = if element.ty.kind == Kind::Money { Kind::Money } else { Kind::Decimal };
                // An empty list sums to 0, and so does a list of absent values.
                let ty = Type { missing, scale: element.ty.scale, ..base.turned(kind) };
                (Fold::Sum(element.expr), "sum", ty)
            }
            "min" => (Fold::Least(element.expr), "min", base),
            "max" => (Fold::Most(element.expr), "max", base),
            "first" => (Fold::First(element.expr), "first", base),
            "last" => (Fold::Last(element.expr), "last", base),
            _ => {
                let ty = Type { missing, ..base.turned(Kind::Texts) };
                (Fold::Texts(element.expr), "collect", ty)
            }
        })
    }

    /// A list of single values as it is.
    fn as_texts(&mut self, open: &OpenList, span: Span) -> Option<(Fold, Type)> {
        let element = self.this(span)?;
        if matches!(element.ty.kind, Kind::Object | Kind::List) {
            self.error("M07", span, "a list of objects stands where its values are expected")
                .help("`each:` goes through it, `collect(field)` takes one field of each");
            return None;
        }
        let ty = Type {
            missing: open.absent.missing,
            null: open.absent.null,
            one_of: element.ty.one_of.clone(),
            chars_max: element.ty.chars_max,
            ..element.ty.turned(Kind::Texts)
        };
        let ty = Type { missing: open.absent.missing, null: open.absent.null, ..ty };
        Some((Fold::Texts(element.expr), ty))
    }

    /// Keeps a list that a rule goes through.
    pub(crate) fn keep_list(&mut self, open: OpenList) -> ListId {
        self.push_list(open.list)
    }
}
