//! A code as somebody pastes it: whatever is one comes back as the same word, and says what a code
//! must.

use super::{Target, seen};
use posse_net::invitation::Invitation;

pub const TARGET: Target = Target {
    name: "invitation",
    says: "a code that is pasted behind `posse join`",
    run,
    corpus: include_str!("../../corpus/invitation.txt"),
};

fn run(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<Invitation>() {
        Ok(code) => {
            assert_eq!(code.to_string(), text.trim(), "a code is one word");
            assert!(!code.addresses.is_empty() && !code.vm_name.is_empty());
            seen((code.addresses.len(), code.vm_name.len()))
        }
        Err(_) => seen(text.starts_with("posse1")),
    }
}
