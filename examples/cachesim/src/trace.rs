//! Twenty small programs, of which only the addresses they touch are kept. Called by `main`.

mod dense;
mod pointers;
mod sorting;
mod streams;

use crate::cache::Cache;

/// Told to a program when all accesses are made, so that it ends wherever it is.
pub struct Full;

/// What a program returns: it never fails, it only ends.
pub type Run = Result<(), Full>;

/// The memory that programs touch, and the cache before it.
pub struct Memory {
    pub cache: Cache,
    left: u64,
}

/// A program by its name.
pub struct Benchmark {
    name: &'static str,
    program: fn(&mut Memory) -> Run,
}

/// In the order of benchmarks.txt.
const ALL: [Benchmark; 20] = [
    Benchmark { name: "matmul", program: dense::matmul },
    Benchmark { name: "matmul_blocked", program: dense::matmul_blocked },
    Benchmark { name: "transpose", program: dense::transpose },
    Benchmark { name: "lu", program: dense::lu },
    Benchmark { name: "stencil_2d", program: dense::stencil_2d },
    Benchmark { name: "stencil_3d", program: dense::stencil_3d },
    Benchmark { name: "stream_triad", program: streams::stream_triad },
    Benchmark { name: "fft", program: streams::fft },
    Benchmark { name: "merge_sort", program: sorting::merge_sort },
    Benchmark { name: "quick_sort", program: sorting::quick_sort },
    Benchmark { name: "heap", program: sorting::heap },
    Benchmark { name: "list_walk", program: pointers::list_walk },
    Benchmark { name: "hash_table", program: pointers::hash_table },
    Benchmark { name: "binary_search", program: sorting::binary_search },
    Benchmark { name: "tree_lookup", program: pointers::tree_lookup },
    Benchmark { name: "bfs", program: pointers::bfs },
    Benchmark { name: "pagerank", program: pointers::pagerank },
    Benchmark { name: "histogram", program: streams::histogram },
    Benchmark { name: "string_scan", program: streams::string_scan },
    Benchmark { name: "nbody", program: streams::nbody },
];

/// The program of this name.
pub fn find(name: &str) -> Option<&'static Benchmark> {
    ALL.iter().find(|benchmark| benchmark.name == name)
}

impl Benchmark {
    /// Runs it again and again until all accesses are made.
    pub fn run(&self, memory: &mut Memory) {
        while (self.program)(memory).is_ok() {}
    }
}

impl Memory {
    /// A memory that programs may touch so often.
    pub fn new(cache: Cache, accesses: u64) -> Memory {
        Memory { cache, left: accesses }
    }

    /// A load or store.
    fn touch(&mut self, address: u64) -> Run {
        self.left = self.left.checked_sub(1).ok_or(Full)?;
        self.cache.access(address);
        Ok(())
    }
}

/// An array somewhere in memory.
#[derive(Clone, Copy)]
struct Array {
    start: u64,
    /// Bytes of one element.
    element: u64,
}

impl Array {
    /// Number `place` of the program's arrays; they are far apart and begin at different sets.
    fn new(place: u64, element: u64) -> Array {
        Array { start: place * ((1 << 30) + 4096 + 64), element }
    }

    fn at(self, index: usize) -> u64 {
        self.start + index as u64 * self.element
    }
}

/// SplitMix64, from a seed that is the program's own.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// The numbers below `count`, shuffled.
    fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses(name: &str, size: u64, ways: u64) -> u64 {
        let mut memory = Memory::new(Cache::new(size, ways).unwrap(), 60_000);
        find(name).unwrap().run(&mut memory);
        assert_eq!(memory.cache.accesses, 60_000, "{name}");
        memory.cache.misses
    }

    #[test]
    fn the_list_names_all_programs() {
        let list = include_str!("../benchmarks.txt");
        assert!(list.lines().eq(ALL.iter().map(|benchmark| benchmark.name)));
    }

    #[test]
    fn programs_repeat_and_more_ways_of_as_many_sets_never_hurt() {
        for benchmark in &ALL {
            let name = benchmark.name;
            let (one, four) = (misses(name, 16 << 10, 1), misses(name, 64 << 10, 4));
            assert_eq!(one, misses(name, 16 << 10, 1), "{name}");
            // LRU with as many sets: what is in the smaller cache is in the larger one.
            assert!(0 < four && four <= one, "{name}: {four} of {one}");
        }
    }
}
