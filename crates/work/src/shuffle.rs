//! An order drawn from a seed: the same seed gives the same order everywhere. Called by
//! `parallel` for `--shuf`.

/// The numbers below `count`, shuffled (Fisher and Yates).
pub fn order(count: u64, seed: u64) -> Vec<u64> {
    let mut numbers: Vec<u64> = (0..count).collect();
    let mut state = seed;
    for last in (1..numbers.len()).rev() {
        // The modulus favours small numbers by less than 2^-30 here.
        let other = draw(&mut state) % (last as u64 + 1);
        numbers.swap(last, usize::try_from(other).unwrap_or(last));
    }
    numbers
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_number_comes_once_in_an_order_of_the_seed() {
        let (a, b) = (order(100, 1), order(100, 2));
        assert_eq!(a, order(100, 1));
        assert_ne!(a, b);
        let mut sorted = a;
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..100));
        assert!(order(0, 1).is_empty());
    }
}
