//! What a process waits for, as its set of descriptors tells it apart. Called by `progress`.

/// One descriptor, or one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Token {
    Daemon,
    Wake,
    Bell,
    Pair(usize),
}

impl Token {
    pub fn number(self) -> u64 {
        match self {
            Token::Daemon => 0,
            Token::Wake => 1,
            Token::Bell => 2,
            Token::Pair(bit) => 3 + bit as u64,
        }
    }

    pub fn of(number: u64) -> Token {
        match number {
            0 => Token::Daemon,
            1 => Token::Wake,
            2 => Token::Bell,
            pair => Token::Pair((pair - 3) as usize),
        }
    }
}
