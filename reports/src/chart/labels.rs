//! Names at line ends, without overlap.

/// Moves positions as little as needed so that neighbours are at least `gap`
/// apart and all lie within `low..=high`; the order stays. If there is no room
/// for all, they overlap evenly.
pub(super) fn spread(wanted: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| wanted[*index]);
    let room = (high - low).max(0);
    let gap = gap.min(room / i32::try_from(wanted.len().max(2) - 1).unwrap_or(i32::MAX));
    let mut placed: Vec<i32> = Vec::with_capacity(wanted.len());
    for index in &order {
        let floor = placed.last().map_or(low, |last| last + gap);
        placed.push(wanted[*index].max(floor));
    }
    let mut ceiling = high;
    for position in placed.iter_mut().rev() {
        *position = (*position).min(ceiling);
        ceiling = *position - gap;
    }
    let mut positions = vec![0; wanted.len()];
    for (index, position) in order.into_iter().zip(placed) {
        positions[index] = position;
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn labels_keep_their_distance() {
        let check = |wanted: &[i32], want: &[i32]| assert_eq!(spread(wanted, 10, 0, 100), want);
        check(&[], &[]);
        check(&[50], &[50]);
        check(&[10, 50], &[10, 50]);
        check(&[50, 50], &[50, 60]);
        check(&[52, 50], &[60, 50]);
        check(&[99, 98, 97], &[100, 90, 80]);
        check(&[-5, 200], &[0, 100]);
    }

    #[test]
    fn without_room_they_overlap_evenly() {
        assert_eq!(spread(&[0, 0, 0], 10, 0, 10), [0, 5, 10]);
    }
}
