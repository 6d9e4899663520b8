# Completion of `ipcarc` for bash: commands, options, registries and objects.
_ipcarc() {
  local word=${COMP_WORDS[COMP_CWORD]} command="" registry="" directory=() position=0 i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --dir)
        directory=(--dir "${COMP_WORDS[i + 1]}")
        i=$((i + 1))
        ;;
      --trust | --timeout | --interval | -n | --changes) i=$((i + 1)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then
          command=${COMP_WORDS[i]}
        else
          [[ -n $registry ]] || registry=${COMP_WORDS[i]}
          position=$((position + 1))
        fi
        ;;
    esac
  done

  COMPREPLY=()
  if [[ $word != -* && ($command$position == dump1 || $command$position == load0) ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    return
  fi
  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --dir ]]; then
    mapfile -t COMPREPLY < <(compgen -d -- "$word")
    return
  fi
  local offered=""
  if [[ $word == -* ]]; then
    local options="--help --json --dir --trust"
    case $command in
      "") options+=" --version" ;;
      ls) options+=" --names" ;;
      show) options+=" --layout --value --damaged --timeout" ;;
      stat) options+=" --prometheus" ;;
      top) options+=" --once --interval" ;;
      dump) options+=" --frozen --timeout" ;;
      load) options+=" --replace" ;;
      rm) options+=" --registry --force" ;;
      set) options+=" --string --timeout" ;;
      watch) options+=" --changes --timeout --interval" ;;
    esac
    offered=${options// /$'\n'}
  elif [[ -z $command ]]; then
    local commands="ls show stat top check reap rm pin unpin set watch dump load doctor"
    offered=${commands// /$'\n'}
  elif ((position == 0)) || [[ $command =~ ^(load|top|stat|check|reap)$ ]]; then
    [[ $command == doctor ]] || offered=$(ipcarc "${directory[@]}" ls --names 2>/dev/null)
  elif [[ $command == show || $command == rm || $command == *pin ]] ||
    [[ $position == 1 && ($command == set || $command == watch) ]]; then
    offered=$(ipcarc "${directory[@]}" ls --names "$registry" 2>/dev/null)
  fi
  # Not by `compgen -W`, which would run what stands in an object's name.
  local name quoted
  while IFS= read -r name; do
    printf -v quoted %q "$name"
    [[ -z $name || ($name != "$word"* && $quoted != "$word"*) ]] || COMPREPLY+=("$quoted")
  done <<<"$offered"
}
complete -F _ipcarc ipcarc
