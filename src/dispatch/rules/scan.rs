//! Finds the words in the code of a template, so that a fault can name its place: the engine tells
//! which names a template needs, and not where.

/// What stands before a word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// A name, a keyword, or an argument's name.
    Name,
    /// `x.word`
    Member,
    /// `x | word`
    Filter,
    /// `x is word`
    Test,
}

/// A word in code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Word<'s> {
    pub(super) at: usize,
    pub(super) text: &'s str,
    pub(super) role: Role,
}

/// The words in the tags of a template.
pub(super) fn words_of_template(source: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(begin) = source[at..].find('{').map(|it| at + it) {
        at = match &source.as_bytes()[begin..] {
            [b'{', b'#', ..] => end_of(source, begin, "#}"),
            [b'{', b'{', ..] => words_until(source, begin + 2, "}}", &mut words),
            [b'{', b'%', ..] => words_until(source, begin + 2, "%}", &mut words),
            _ => begin + 1,
        };
    }
    words
}

/// The words of an expression.
pub(super) fn words_of_expression(source: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    words_until(source, 0, "\0", &mut words);
    words
}

fn end_of(source: &str, from: usize, end: &str) -> usize {
    source[from..].find(end).map_or(source.len(), |it| from + it + end.len())
}

/// Collects the words from `at` up to `end`, and gives the place behind it.
fn words_until<'s>(source: &'s str, at: usize, end: &str, words: &mut Vec<Word<'s>>) -> usize {
    let mut at = at;
    let mut role = Role::Name;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        if rest.starts_with(end) {
            return at + end.len();
        }
        at += match letter {
            '"' | '\'' => {
                role = Role::Name;
                length_of_string(rest, letter)
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                let is_end = |it: char| !(it.is_alphanumeric() || it == '_');
                let text = &rest[..rest.find(is_end).unwrap_or(rest.len())];
                // `is not defined`: the test is still to come.
                if !(role == Role::Test && text == "not") {
                    words.push(Word { at, text, role });
                    role = if text == "is" { Role::Test } else { Role::Name };
                }
                text.len()
            }
            _ if letter.is_ascii_digit() => {
                role = Role::Name;
                rest.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(rest.len())
            }
            _ => {
                role = match letter {
                    '.' => Role::Member,
                    '|' => Role::Filter,
                    _ if letter.is_whitespace() => role,
                    _ => Role::Name,
                };
                letter.len_utf8()
            }
        };
    }
    source.len()
}

fn length_of_string(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if letter == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::Role;
    use super::words_of_expression;
    use super::words_of_template;

    #[test]
    fn words_are_found_in_code_and_nowhere_else() {
        let source = "text {{ a.b | f(x='c') }} {# d #} {% if e is not g %}'}}'{% endif %}";
        let found: Vec<_> =
            words_of_template(source).into_iter().map(|it| (it.at, it.text, it.role)).collect();
        assert_eq!(
            found,
            [
                (8, "a", Role::Name),
                (10, "b", Role::Member),
                (14, "f", Role::Filter),
                (16, "x", Role::Name),
                (37, "if", Role::Name),
                (40, "e", Role::Name),
                (42, "is", Role::Name),
                (49, "g", Role::Test),
                (60, "endif", Role::Name),
            ]
        );
    }

    #[test]
    fn broken_code_is_walked_to_its_end() {
        for source in ["{{", "{{ 'a", "{{ a", "{% \"\\", "{#", "{", "{{ 你 | 好"] {
            words_of_template(source);
            words_of_expression(source);
        }
    }
}
