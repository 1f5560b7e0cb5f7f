# Completes the words of fcn in bash. Load it in ~/.bashrc by: eval "$(fcn completion bash)"
_fcn() {
    local program=${COMP_WORDS[0]/#\~/$HOME} suggestion
    COMPREPLY=()
    while IFS= read -r suggestion; do
        COMPREPLY+=("$suggestion")
    done < <("$program" "[suggest:$((COMP_CWORD - 1))]" "${COMP_WORDS[@]:1}" 2>/dev/null)
}

# Where fcn suggests nothing, files.
complete -o bashdefault -o default -F _fcn fcn
