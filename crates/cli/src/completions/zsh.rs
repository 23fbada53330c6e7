//! zsh: clap's script, with a function of ours in the place of the one for hosts of the network.

use super::script::ASK;

pub fn script(generated: &str) -> String {
    let ours = generated.replace(":_hosts", ":_posse_hosts");
    let (head, body) = ours.split_once('\n').unwrap_or((&ours, ""));
    let function = format!(
        "_posse_hosts() {{\n    local -a found\n    \
         found=(${{(f)\"$({ASK} -- \"$PREFIX\" 2>/dev/null)\"}})\n    \
         compadd -S '' -- $found\n}}\n"
    );
    // The first line says `#compdef posse`; the last ones call what the file defines.
    format!("{head}\n\n{function}{body}")
}
