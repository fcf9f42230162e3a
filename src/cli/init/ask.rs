//! Questions on a terminal: plain lines, a default in brackets, asked again until they fit.

use std::io::BufRead;
use std::io::Write;

use super::Language;

/// How often one question is asked before we give up.
const PATIENCE: usize = 5;

/// Asks on one stream and reads from another.
pub(super) struct Asker<R, W> {
    input: R,
    output: W,
    language: Language,
}

impl<R: BufRead, W: Write> Asker<R, W> {
    pub(super) fn new(input: R, output: W, language: Language) -> Self {
        Self { input, output, language }
    }

    /// A line of text that `check` accepts; an empty line is the default.
    pub(super) fn text(
        &mut self,
        question: [&str; 2],
        default: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> anyhow::Result<String> {
        let question = self.language.of(question);
        for _ in 0..PATIENCE {
            let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
            let line = self.line(&format!("{question}{hint}: "))?;
            let answer = if line.is_empty() { default.to_owned() } else { line };
            match check(&answer) {
                Ok(()) => return Ok(answer),
                Err(reason) => writeln!(self.output, "  {reason}")?,
            }
        }
        anyhow::bail!("no answer that fits after {PATIENCE} tries")
    }

    /// One of some words, by its number or itself; the first is the default.
    pub(super) fn choice(
        &mut self,
        question: [&str; 2],
        words: &[(&str, [&str; 2])],
    ) -> anyhow::Result<String> {
        for (number, (word, meaning)) in words.iter().enumerate() {
            writeln!(self.output, "  {}. {word}  {}", number + 1, self.language.of(*meaning))?;
        }
        let pick = |answer: &str| {
            let by_number = answer.parse().ok().and_then(|number: usize| number.checked_sub(1));
            let word = by_number.and_then(|at| words.get(at)).map(|(word, _)| *word);
            word.or_else(|| words.iter().map(|(word, _)| *word).find(|word| *word == answer))
        };
        let most = words.len();
        let answer = self.text(question, "1", |answer| {
            pick(answer).map(drop).ok_or_else(|| format!("1 … {most}"))
        })?;
        Ok(pick(&answer).unwrap_or_default().to_owned())
    }

    /// Yes unless the answer is no.
    pub(super) fn yes(&mut self, question: [&str; 2]) -> anyhow::Result<bool> {
        let answer = self.text(question, "y", |answer| {
            let is_answer = ["y", "yes", "n", "no", "是", "否"].contains(&answer);
            if is_answer { Ok(()) } else { Err("y / n".to_owned()) }
        })?;
        Ok(["y", "yes", "是"].contains(&answer.as_str()))
    }

    fn line(&mut self, prompt: &str) -> anyhow::Result<String> {
        write!(self.output, "{prompt}")?;
        self.output.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            anyhow::bail!("the input ended before the last answer");
        }
        Ok(line.trim().to_owned())
    }
}
