# Completes the words of fcn in fish. Load it in ~/.config/fish/config.fish by: fcn completion fish | source
function __fcn_suggest
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l suggestions ($before[1] "[suggest:"(math (count $before) - 1)"]" $before[2..-1] "$word" 2>/dev/null)
    if test (count $suggestions) -gt 0
        printf '%s\n' $suggestions
    else
        # Where fcn suggests nothing, files.
        __fish_complete_path "$word"
    end
end

complete -c fcn -f -a '(__fcn_suggest)'
