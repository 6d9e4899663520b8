# compare.awk RECORDED NOW, -v tolerance=PERCENT: a table of both. Fails if a path has grown by more than the tolerance (and by half an
# instruction), is not recorded, or is recorded and gone. Of another compiler's build the counts are shown and not judged.
/^#/ {
  if (FNR == NR) recorded_by = $0; else made_by = $0
  next
}
FNR == NR {
  count = $1
  sub(/^[^ ]+ /, "")
  recorded[$0] = count
  next
}
{
  if (!head++) printf "%-44s %10s %10s %8s\n", "instructions of one call", "recorded", "now", ""
  count = $1
  sub(/^[^ ]+ /, "")
  seen[$0] = 1
  if (!($0 in recorded)) {
    printf "%-44s %10s %10.1f          NOT RECORDED\n", $0, "", count
    failed++
    next
  }
  before = recorded[$0]
  change = before > 0 ? 100 * (count - before) / before : 0
  verdict = ""
  if (count > before * (1 + tolerance / 100) && count > before + 0.5) {
    verdict = "GROWN"
    failed++
  } else if (count < before * (1 - tolerance / 100) && count < before - 0.5) {
    verdict = "fewer"
    fewer++
  }
  printf "%-44s %10.1f %10.1f %+7.1f%%  %s\n", $0, before, count, change, verdict
}
END {
  for (path in recorded)
    if (!(path in seen)) {
      printf "%-44s %10.1f %10s          GONE\n", path, recorded[path], ""
      failed++
    }
  if (recorded_by != made_by) {
    printf "not judged: recorded as \"%s\", this is \"%s\"\n", substr(recorded_by, 3), substr(made_by, 3)
    exit 0
  }
  if (failed) {
    printf "%d beyond the tolerance of %s %%. If that is the price of something wanted: tests/instructions/run.sh BUILD --record\n", failed, tolerance
    exit 1
  }
  if (fewer) printf "%d need fewer than recorded: tests/instructions/run.sh BUILD --record keeps it so\n", fewer
}
