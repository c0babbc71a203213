# Completion of dbxaccess for bash 3.2 and later. It needs no other package, and runs nothing of what is typed.

# __dbxaccess_split reads COMP_LINE up to the cursor into words and cur, as bash would, but expands nothing.
__dbxaccess_split() {
    local line="${COMP_LINE:0:COMP_POINT}" quote="" char i open=0
    words=() cur=""
    for ((i = 0; i < ${#line}; i++)); do
        char="${line:i:1}"
        if [[ $quote == \\ ]]; then
            cur+="$char" quote=""
        elif [[ -n $quote && $char == "$quote" ]]; then
            quote=""
        elif [[ -n $quote ]]; then
            cur+="$char"
        elif [[ $char == [\'\"\\] ]]; then
            quote="$char" open=1
        elif [[ $char == [[:space:]] ]]; then
            ((open)) && words+=("$cur")
            cur="" open=0
        else
            cur+="$char" open=1
        fi
    done
}

# __dbxaccess_behind completes the command behind the -- of exec, and fails where there is none.
__dbxaccess_behind() {
    local i name
    [[ ${words[1]-} == exec ]] || return
    for ((i = 2; i < ${#words[@]}; i++)); do
        [[ ${words[i]} == -- ]] || continue
        if ((i == ${#words[@]} - 1)); then
            while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -c -- "$cur" | sort -u)
        fi
        return 0
    done
    return 1
}

# __dbxaccess_from takes the program, and words of its own that stand before those on the line.
__dbxaccess_from() {
    local words cur out directive line value prefix="" longest=0 width i
    local -a values=() notes=()
    COMPREPLY=()
    __dbxaccess_split
    (($# > 1)) || ! __dbxaccess_behind || return 0
    out="$("$1" __complete "${@:2}" "${words[@]:1}" "$cur" 2>/dev/null)" || return 0
    directive="${out##*:}"
    [[ $directive == [0-9]* ]] || return 0
    if [[ $cur == -*=* ]]; then
        [[ $COMP_WORDBREAKS == *=* ]] || prefix="${cur%%=*}="
        cur="${cur#*=}"
    fi
    while IFS= read -r line; do
        value="${line%%$'\t'*}"
        [[ -n $value && $value != :* && $value == "$cur"* ]] || continue
        ((${#value} > longest)) && longest=${#value}
        values+=("$value") notes+=("${line:${#value}+1}")
    done <<<"$out"
    for ((i = 0; i < ${#values[@]}; i++)); do
        value="$prefix${values[i]}"
        # bash puts in only what stands behind the last colon.
        [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && value="${value#"${cur%"${cur##*:}"}"}"
        # What is listed has its description; what is put in has none.
        if ((${#values[@]} > 1)) && [[ ${COMP_TYPE-} == 63 && -n ${notes[i]} ]]; then
            width=$((${COLUMNS:-80} - longest - 5))
            ((width > 8)) && printf -v value '%-*s  (%s)' "$longest" "$value" "${notes[i]:0:width}"
        elif [[ $value == *[!A-Za-z0-9_./:@%+=,-]* ]]; then # readline puts it in as it is, and Enter would run what stands in it
            printf -v value '%q' "$value"
        fi
        COMPREPLY+=("$value")
    done
    [[ $(type -t compopt) == builtin ]] || return 0
    ((directive & 2)) && compopt -o nospace
    ((directive & 4)) && compopt +o default
    return 0
}

__dbxaccess() { __dbxaccess_from dbxaccess; }
complete -o default -F __dbxaccess dbxaccess
