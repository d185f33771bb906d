//! A few instructions whose result nobody can guess: proof that something ran.

/// SplitMix64's increment.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The `index`th number, from 0, of SplitMix64 seeded with 0.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014.
#[inline]
pub(crate) fn mix(index: u64) -> u64 {
    let state = index.wrapping_add(1).wrapping_mul(GAMMA);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::mix;

    /// As published with the generator.
    #[test]
    fn numbers_are_those_of_the_generator() {
        let want = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        assert_eq!([0, 1, 2].map(mix), want);
    }
}
