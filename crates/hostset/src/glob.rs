//! Matching a name against a mask with `*` and `?`. No brackets: those are ranges here and
//! are expanded before. Called by `eval` and `predicate`.

/// Whether the whole of `name` matches `mask`; at most `mask.len() * name.len()` steps.
pub fn matches(mask: &str, name: &str) -> bool {
    let (mask, name) = (mask.as_bytes(), name.as_bytes());
    let (mut m, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match mask.get(m) {
            Some(b'*') => {
                retry = Some((m + 1, n));
                m += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => {
                m += 1;
                n += 1;
            }
            _ => match retry {
                Some((after, from)) => {
                    retry = Some((after, from + 1));
                    (m, n) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    mask[m..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_questions() {
        assert!(matches("istbs???", "istbs042"));
        assert!(!matches("istbs???", "istbs0421"));
        assert!(matches("*", "x") && matches("a*b*c", "aXbbYc") && !matches("a*b", "abc"));
        assert!(matches("**a", "a") && !matches("", "a") && !matches("a?", "a"));
    }

    #[test]
    fn hostile_mask_is_not_exponential() {
        assert!(!matches(&"*a".repeat(120), &"a".repeat(119)));
    }
}
