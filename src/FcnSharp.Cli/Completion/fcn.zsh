#compdef fcn
# Completes the words of fcn in zsh. Load it in ~/.zshrc, after compinit, by: source <(fcn completion zsh)
_fcn() {
    local program=${words[1]/#\~/$HOME}
    local -a suggestions
    suggestions=(${(f)"$("$program" "[suggest:$((CURRENT - 2))]" "${(@)words[2,-1]}" 2>/dev/null)"})
    # Where fcn suggests nothing, files.
    if (( $#suggestions )); then
        compadd -a suggestions
    else
        _files
    fi
}

# A file _fcn in a folder of $fpath is run as the function itself.
if [[ ${funcstack[1]} == _fcn ]]; then
    _fcn "$@"
else
    compdef _fcn fcn
fi
