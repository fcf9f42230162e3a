//! What rules remember of users: their variables, when a rule with a cooldown last answered them,
//! and what waits for their yes. In memory only: a restart forgets it, and so does a crowd of other
//! users.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use minijinja::value::Value;

use super::confirm::Asked;
use crate::generations::Generations;

/// Entries of one generation; two are kept, so twice as many users at least are remembered.
const ENTRIES: usize = 50_000;

/// Bytes of one generation.
const BYTES: usize = 8 << 20;

/// The longest value of a variable, in bytes.
pub(super) const LONGEST_VALUE: usize = 4096;

type Variables = Arc<BTreeMap<String, String>>;

/// What is remembered.
pub(super) struct Memory {
    users: Mutex<Generations<String, Variables>>,
    answered: Mutex<Generations<String, Duration>>,
    asked: Mutex<Generations<String, Asked>>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Memory")
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            users: Mutex::new(Generations::new(ENTRIES, BYTES)),
            answered: Mutex::new(Generations::new(ENTRIES, BYTES)),
            asked: Mutex::new(Generations::new(ENTRIES, BYTES)),
        }
    }

    /// `user`: the variables of a user.
    pub(super) fn variables(&self, account: &str, user: &str) -> Value {
        let variables = lock(&self.users).get(&name(&[account, user])).cloned();
        let all = variables.iter().flat_map(|it| it.iter());
        Value::from_pairs(all.map(|(name, value)| (name.as_str(), Value::from(value.as_str()))))
    }

    /// Sets variables of a user; an empty value forgets the variable.
    pub(super) fn set(&self, account: &str, user: &str, changes: Vec<(String, String)>) {
        let key = name(&[account, user]);
        let mut users = lock(&self.users);
        let mut variables = users.get(&key).map(|it| BTreeMap::clone(it)).unwrap_or_default();
        for (name, value) in changes {
            match value.is_empty() {
                true => drop(variables.remove(&name)),
                false => drop(variables.insert(name, value)),
            }
        }
        let size = variables.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
        users.insert(key, Arc::new(variables), size);
    }

    /// Whether `rule` may answer `user` now; if so, its cooldown begins.
    pub(super) fn may_answer(
        &self,
        rule: &str,
        account: &str,
        user: &str,
        now: Duration,
        cooldown: Duration,
    ) -> bool {
        let key = name(&[rule, account, user]);
        let mut answered = lock(&self.answered);
        if answered.get(&key).is_some_and(|last| now < last.saturating_add(cooldown)) {
            return false;
        }
        answered.insert(key, now, 0);
        true
    }

    /// A rule waits for the yes of `user`; what waited before does not any more.
    pub(super) fn ask(&self, account: &str, user: &str, asked: Asked) {
        let size = asked.inbound.source().len() + asked.rule.len();
        lock(&self.asked).insert(name(&[account, user]), asked, size);
    }

    /// What waits for the yes of `user`; it waits no longer.
    pub(super) fn take_asked(&self, account: &str, user: &str) -> Option<Asked> {
        let mut asked = lock(&self.asked);
        // Mostly nothing waits for anybody.
        if asked.is_empty() { None } else { asked.remove(&name(&[account, user])) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name(parts: &[&str]) -> String {
    parts.join("\0")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Memory;

    #[test]
    fn variables_are_per_account_and_user_and_an_empty_one_is_forgotten() {
        let memory = Memory::new();
        memory.set("shop", "u1", vec![("name".into(), "Ann".into()), ("n".into(), "1".into())]);
        memory.set("shop", "u1", vec![("n".into(), String::new())]);
        assert_eq!(memory.variables("shop", "u1").to_string(), "{'name': 'Ann'}");
        assert_eq!(memory.variables("shop", "u2").to_string(), "{}");
        assert_eq!(memory.variables("other", "u1").to_string(), "{}");
    }

    #[test]
    fn a_cooldown_is_per_rule_and_user_and_refusals_do_not_extend_it() {
        let memory = Memory::new();
        let at = |rule, user, second| {
            let now = Duration::from_secs(second);
            memory.may_answer(rule, "shop", user, now, Duration::from_secs(10))
        };
        assert!(at("a", "u1", 100));
        assert!(!at("a", "u1", 109));
        assert!(at("a", "u2", 109));
        assert!(at("b", "u1", 109));
        assert!(at("a", "u1", 110));
    }
}
