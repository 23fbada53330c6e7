//! Real sorts and searches of real numbers; only where they look is kept.

use super::{Array, Memory, Random, Run};

/// Numbers of 8 bytes: 1 MiB.
const COUNT: usize = 128 << 10;

fn numbers(seed: u64) -> Vec<u64> {
    let mut random = Random(seed);
    (0..COUNT).map(|_| random.next()).collect()
}

/// From one array to the other and back, runs doubling.
pub fn merge_sort(m: &mut Memory) -> Run {
    let places = [Array::new(1, 8), Array::new(2, 8)];
    let mut data = numbers(9);
    let mut wide = 1;
    let mut turn = 0;
    while wide < COUNT {
        let (from, to) = (places[turn], places[1 - turn]);
        let mut merged = Vec::with_capacity(COUNT);
        for start in (0..COUNT).step_by(2 * wide) {
            let (middle, end) = ((start + wide).min(COUNT), (start + 2 * wide).min(COUNT));
            let (mut left, mut right) = (start, middle);
            for out in start..end {
                let take_left = right == end || (left < middle && data[left] <= data[right]);
                let next = if take_left { &mut left } else { &mut right };
                m.touch(from.at(*next))?;
                m.touch(to.at(out))?;
                merged.push(data[*next]);
                *next += 1;
            }
        }
        data = merged;
        (wide, turn) = (2 * wide, 1 - turn);
    }
    Ok(())
}

/// Hoare's, with the middle as pivot.
pub fn quick_sort(m: &mut Memory) -> Run {
    let place = Array::new(1, 8);
    let mut data = numbers(10);
    let mut open = vec![(0, COUNT)];
    while let Some((start, end)) = open.pop() {
        if end - start < 2 {
            continue;
        }
        let pivot = data[start + (end - start) / 2];
        let (mut low, mut high) = (start, end - 1);
        loop {
            while data[low] < pivot {
                m.touch(place.at(low))?;
                low += 1;
            }
            while data[high] > pivot {
                m.touch(place.at(high))?;
                high -= 1;
            }
            m.touch(place.at(low))?;
            m.touch(place.at(high))?;
            if low >= high {
                break;
            }
            data.swap(low, high);
            (low, high) = (low + 1, high - 1);
        }
        open.push((start, high + 1));
        open.push((high + 1, end));
    }
    Ok(())
}

/// A binary heap of events: the first is taken, a later one put in.
pub fn heap(m: &mut Memory) -> Run {
    let place = Array::new(1, 16);
    let mut random = Random(11);
    let mut data: Vec<u64> = (0..64 << 10).map(|n| n * 1000).collect();
    for _ in 0..200_000 {
        data[0] += random.next() % 60_000_000;
        let mut at = 0;
        loop {
            m.touch(place.at(at))?;
            let children = 2 * at + 1..(2 * at + 3).min(data.len());
            for child in children.clone() {
                m.touch(place.at(child))?;
            }
            match children.min_by_key(|child| data[*child]) {
                Some(child) if data[child] < data[at] => {
                    data.swap(at, child);
                    at = child;
                }
                _ => break,
            }
        }
    }
    Ok(())
}

/// Random numbers looked up in 2 MiB of sorted ones.
pub fn binary_search(m: &mut Memory) -> Run {
    let place = Array::new(1, 8);
    let mut random = Random(14);
    for _ in 0..200_000 {
        let wanted = random.below(2 * COUNT);
        let (mut low, mut high) = (0, 2 * COUNT);
        while low < high {
            let middle = low + (high - low) / 2;
            m.touch(place.at(middle))?;
            if middle < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
    }
    Ok(())
}
