# per_call.awk HEAD DUMPS: instructions of one call of each path, "COUNT PATH" a line, from callgrind's dumps. HEAD is what hot_paths printed: how
# often it ran each path, and by which compiler it was made.
FNR == NR {
  if ($1 == "times") times = $2
  if ($1 == "compiler") printf "# instructions of one call; %s\n", substr($0, 10)
  next
}
/^desc: Trigger: Client Request: / {
  path = substr($0, 32)
  next
}
/^summary: / && path != "" {
  if (path == "loop")
    loop = $2
  else
    printf "%.1f %s\n", ($2 - loop) / times, path
  path = ""
}
