# What the program offers for words, the last of which is being typed; null leaves it to Nushell, which offers files.
def "nu-complete dbxaccess from" [words: list<string>] {
    let typed = ($words | last)
    let lines = (do { ^dbxaccess __complete ...$words } | complete | get stdout | lines)
    let directive = ($lines | last | default ":1" | str replace ":" "" | into int)
    let flag = (if ($typed =~ '^-[^=]*=') { $typed | str replace --regex '=.*' '=' } else { "" })
    let start = ($typed | str replace $flag "")
    let found = ($lines | drop 1 | each {|line|
        let parts = ($line | split row "\t")
        { value: $"($flag)($parts.0)", description: ($parts | get 1? | default "") }
    } | where value != "" | where {|it| $it.value | str starts-with $"($flag)($start)" })
    if ($found | is-empty) and ($directive | bits and 4) == 0 { null } else { $found }
}

# Other programs are completed as before.
$env.config.completions.external.enable = true
$env.config.completions.external.completer = (
    do {|before|
        {|words|
            if ($words.0 | path basename | str replace --regex '\.exe$' "") == "dbxaccess" {
                if ($words.1? == "exec") and ("--" in ($words | drop 1)) { null } else { nu-complete dbxaccess from ($words | skip 1) }
            } else if $before != null { do $before $words }
        }
    } $env.config.completions.external.completer
)
