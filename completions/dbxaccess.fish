# __dbxaccess_from takes the program, and words of its own that stand before those on the line.
function __dbxaccess_from
    set -l typed (commandline -opc)
    set -l cur (commandline -ct)
    if test (count $argv) -eq 1 -a "$typed[2]" = exec; and set -l behind (contains -i -- -- $typed)
        # What follows is another program's line.
        complete -C (string join ' ' -- (string escape -- $typed[(math $behind + 1)..-1]) $cur)
        return
    end
    set -l lines ($argv[1] __complete $argv[2..-1] $typed[2..-1] "$cur" 2>/dev/null)
    set -l directive (string match -rg '^:(\d+)$' -- $lines[-1]); or return
    set -l flag (string match -r -- '^-[^=]*=' "$cur")
    set -e lines[-1]
    for line in $lines
        echo -- "$flag$line"
    end
    if test (count $lines) -eq 0 -a (math "bitand($directive, 4)") -eq 0
        __fish_complete_path "$cur"
    end
end
function __dbxaccess
    __dbxaccess_from dbxaccess
end
complete -e -c dbxaccess
complete -c dbxaccess -f -a '(__dbxaccess)'
