//! bash: clap's function does everything but names of hosts, which a function around it asks for.

use super::script::{ASK, commands, is_host, takes_hosts};
use clap::Command;

pub fn script(posse: &Command, generated: &str) -> String {
    let mut options = Vec::new();
    for (names, command) in commands(posse) {
        for arg in command.get_arguments().filter(|arg| !arg.is_positional() && is_host(arg)) {
            let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
            let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
            let words = shorts.iter().map(|letter| format!("-{letter}"));
            let words = words.chain(longs.iter().map(|long| format!("--{long}")));
            for word in words {
                options.extend(names.iter().map(|name| format!("{name},{word}")));
            }
        }
    }
    let hosted = commands(posse).filter(|(_, command)| takes_hosts(command));
    let hosted: Vec<&str> = hosted.flat_map(|(names, _)| names).collect();
    format!("{generated}\n{}", around(&options.join("|"), &hosted.join("|")))
}

fn around(options: &str, commands: &str) -> String {
    format!(
        r#"_posse_and_hosts() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
    local at word command=
    for (( at = 1; at < COMP_CWORD; at++ )); do
        word="${{COMP_WORDS[at]}}"
        case "$word" in
            --vm) (( at++ )) ;;
            -*) ;;
            *) command="$word"; break ;;
        esac
    done
    case "$command,$prev" in
        {options}) _posse_hosts "$cur"; return 0 ;;
    esac
    case "$command" in
        {commands})
            if [[ "$cur" != -* ]]; then
                _posse_hosts "$cur"
                return 0
            fi
            ;;
    esac
    _posse "$@"
}}

_posse_hosts() {{
    local IFS=$'\n'
    COMPREPLY=( $({ASK} -- "$1" 2>/dev/null) )
    compopt -o nospace 2>/dev/null
}}

if [[ "${{BASH_VERSINFO[0]}}" -gt 4 || "${{BASH_VERSINFO[0]}}${{BASH_VERSINFO[1]}}" -ge 44 ]]; then
    complete -F _posse_and_hosts -o nosort -o bashdefault -o default posse
else
    complete -F _posse_and_hosts -o bashdefault -o default posse
fi
"#
    )
}
