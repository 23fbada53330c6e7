//! Data that is found by pointers: lists, tables, trees, graphs.

use super::{Array, Memory, Random, Run};

/// A list of 32768 nodes of 64 bytes (2 MiB), scattered; walked from its head.
pub fn list_walk(m: &mut Memory) -> Run {
    let nodes = Array::new(1, 64);
    for node in Random(12).order(32 << 10) {
        m.touch(nodes.at(node))?;
        m.touch(nodes.at(node) + 8)?;
    }
    Ok(())
}

/// Open addressing, 4 MiB half full; some keys are asked for much more often.
pub fn hash_table(m: &mut Memory) -> Run {
    const SLOTS: usize = 256 << 10;
    let slots = Array::new(1, 16);
    let mut random = Random(13);
    let filled: Vec<bool> = (0..SLOTS).map(|_| random.below(2) == 0).collect();
    for _ in 0..400_000 {
        // A quarter of the questions is for one key in a hundred.
        let frequent = random.below(4) == 0;
        let key = random.below(if frequent { SLOTS / 100 } else { SLOTS });
        let mut at = Random(key as u64).below(SLOTS);
        m.touch(slots.at(at))?;
        while filled[at] && random.below(3) > 0 {
            at = (at + 1) % SLOTS;
            m.touch(slots.at(at))?;
        }
    }
    Ok(())
}

/// A search tree of 32768 nodes of 64 bytes, as deep as random insertions make it.
pub fn tree_lookup(m: &mut Memory) -> Run {
    const COUNT: usize = 32 << 10;
    let nodes = Array::new(1, 64);
    let mut random = Random(15);
    let keys = random.order(COUNT);
    // Node `n` has key `keys[n]`; 0 is the root, so 0 means no child.
    let mut children = vec![[0_usize; 2]; COUNT];
    for (node, key) in keys.iter().enumerate().skip(1) {
        let mut at = 0;
        loop {
            let side = usize::from(*key > keys[at]);
            match children[at][side] {
                0 => break children[at][side] = node,
                child => at = child,
            }
        }
    }
    for _ in 0..100_000 {
        let wanted = random.below(COUNT);
        let mut at = 0;
        loop {
            m.touch(nodes.at(at))?;
            if keys[at] == wanted {
                break;
            }
            at = children[at][usize::from(wanted > keys[at])];
        }
    }
    Ok(())
}

/// For each node, those it knows: near ones, and sometimes a far one.
fn graph<const DEGREE: usize>(seed: u64, nodes: usize) -> Vec<[usize; DEGREE]> {
    let mut random = Random(seed);
    let mut edge = |from: usize| {
        if random.below(4) == 0 { random.below(nodes) } else { (from + random.below(512)) % nodes }
    };
    (0..nodes).map(|node| std::array::from_fn(|_| edge(node))).collect()
}

/// Breadth first through 32768 nodes with 8 edges each.
pub fn bfs(m: &mut Memory) -> Run {
    const NODES: usize = 32 << 10;
    let (edges, seen_at, queue_at) = (Array::new(1, 8), Array::new(2, 4), Array::new(3, 8));
    let graph = graph::<8>(16, NODES);
    let mut seen = vec![false; NODES];
    let mut queue = vec![0];
    let mut head = 0;
    while let Some(node) = queue.get(head).copied() {
        m.touch(queue_at.at(head))?;
        head += 1;
        for (edge, next) in graph[node].into_iter().enumerate() {
            m.touch(edges.at(node * 8 + edge))?;
            m.touch(seen_at.at(next))?;
            if !std::mem::replace(&mut seen[next], true) {
                m.touch(queue_at.at(queue.len()))?;
                queue.push(next);
            }
        }
    }
    Ok(())
}

/// Ranks of 65536 pages from those that link to them.
pub fn pagerank(m: &mut Memory) -> Run {
    const PAGES: usize = 64 << 10;
    let (edges, ranks, next) = (Array::new(1, 4), Array::new(2, 8), Array::new(3, 8));
    let graph = graph::<6>(17, PAGES);
    for (page, linking) in graph.into_iter().enumerate() {
        for (edge, from) in linking.into_iter().enumerate() {
            m.touch(edges.at(page * 6 + edge))?;
            m.touch(ranks.at(from))?;
        }
        m.touch(next.at(page))?;
    }
    Ok(())
}
