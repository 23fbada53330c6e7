//! What a receiver answers, one digit for each file of a batch or each chunk of a question; of
//! several receivers the largest digit counts, since what one lacks goes to all. As text, so that
//! it can be read on the way; digits at the end that are 0 are left out. Called by both ends.

use crate::record::Malformed;

/// Nothing needs to come.
pub const HAS: u8 = 0;

/// Of a chunk: it must come. Of a file: something like it is there, a recipe may do.
pub const ALIKE: u8 = 1;

/// Of a file: it must come whole.
pub const LACKS: u8 = 2;

/// A chunk that must come.
pub const WANTED: u8 = 1;

pub fn text(digits: &[u8]) -> String {
    let end = digits.iter().rposition(|digit| *digit > 0).map_or(0, |at| at + 1);
    digits[..end].iter().map(|digit| char::from(b'0' + (*digit).min(9))).collect()
}

/// The digits for `count` things, none above `most`.
pub fn read(text: &str, count: usize, most: u8) -> Result<Vec<u8>, Malformed> {
    if text.len() > count {
        return Err(Malformed("an answer that is too long"));
    }
    let digit = |byte: u8| byte.checked_sub(b'0').filter(|digit| *digit <= most);
    let mut digits = text.bytes().map(digit).collect::<Option<Vec<u8>>>();
    if let Some(digits) = &mut digits {
        digits.resize(count, 0);
    }
    digits.ok_or(Malformed("an answer that is none"))
}

/// What must come for either.
pub fn unite(all: &mut [u8], one: &[u8]) {
    all.iter_mut().zip(one).for_each(|(all, one)| *all = (*all).max(*one));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back_and_nonsense_does_not() {
        for digits in [&[][..], &[0, 0], &[2, 0, 1], &[0, 2, 0]] {
            assert_eq!(read(&text(digits), digits.len(), 2).unwrap(), digits);
        }
        assert_eq!(text(&[0, 2, 0, 0]), "02");
        for (odd, count, most) in [("3", 1, 2), ("2", 1, 1), ("00", 1, 2), ("x", 1, 9), ("é", 2, 2)]
        {
            assert!(read(odd, count, most).is_err(), "{odd}");
        }
        let mut all = [0, 1, 2];
        unite(&mut all, &[1, 0, 1]);
        assert_eq!(all, [1, 1, 2]);
    }
}
