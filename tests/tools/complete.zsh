# zsh -f complete.zsh FOLDER TOOL LINE: prints the line as the completion in FOLDER leaves it when the tab key is pressed at its end.
# In a shell of its own on a pseudo-terminal, since nothing is completed without a line editor.
set -e
zmodload zsh/zpty
home=$(mktemp -d)
{
  cat >$home/.zshrc <<END
fpath=(${(q)1} \$fpath)
autoload -Uz compinit && compinit -D -u
ipcarc() { ${(q)2} "\$@"; }
press() { zle complete-word; print -r -- "\$BUFFER" >$home/line; exit }
zle -N press
bindkey '^I' press
PS1='ready> '
END
  zpty shell "TERM=dumb ZDOTDIR=$home zsh -d -i"
  zpty -r shell output '*ready> *'
  zpty -w -n shell "$3"$'\t'
  while zpty -r shell output; do :; done
  cat $home/line
} always {
  rm -rf $home
}
