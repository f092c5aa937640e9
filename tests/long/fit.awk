# Coordinate descent on the cells of one table, for fit.sh.
#
# Variables: program, table (a CSV file, the only cells this sees), params (a file), most (the
# evaluations allowed), loops, from (a file, what an earlier stage printed, or ""). A line of params
# is NAME FIRST LAST: the first and the last step, in the parameter's own unit. Every parameter starts
# from the profile neutral, or with shorter steps from where that stage left it; all others stay
# neutral. All values are integers and a gain below a thousandth is none, so the same program gives
# the same result.
#
# Prints "NAME VALUE" for each parameter, then "objective X", "evaluations N" and "ended WHY".
# Progress goes to stderr.

function die(text)
{
  print "fit: " text >"/dev/stderr"
  exit 2
}

# The number behind "key": in a line of JSON; with a string, its text.
function field(line, key,    at)
{
  at = index(line, "\"" key "\": ")
  if (!at) return ""
  line = substr(line, at + length(key) + 4)
  gsub(/[",]/, "", line)
  return line
}

# What parameter NAME is worth and least worth in profile neutral.
function read_neutral(i,    command, line)
{
  command = program " params --json --profile neutral " name[i]
  start[i] = least[i] = ""
  while ((command | getline line) > 0) {
    if (field(line, "value") != "") start[i] = field(line, "value") + 0
    if (field(line, "least") != "") least[i] = field(line, "least") + 0
  }
  close(command)
  if (start[i] == "") die("no parameter " name[i])
}

# What an earlier stage has found.
function read_from(    line, part)
{
  while (from != "" && (getline line <from) > 0)
    if (split(line, part, " ") == 2) given[part[1]] = part[2] + 0
  if (from != "") close(from)
}

function read_params(    line, part)
{
  n = 0
  while ((getline line <params) > 0) {
    sub(/#.*/, "", line)
    if (split(line, part, " ") != 3) continue
    name[++n] = part[1]
    first[n] = part[2] + 0
    finest[n] = part[3] + 0
    direction[n] = 1
    read_neutral(n)
    if (name[n] in given) start[n] = given[name[n]]
    step[n] = name[n] in given ? int(first[n] / 4) : first[n]
  }
  close(params)
  if (n == 0) die("no parameters in " params)
}

# Fills measured[] and model[], by "granule threads mode"; only the part "cells" is looked at.
function simulate(point,    command, line, i, value, granule, threads, key)
{
  split(point, value, " ")
  command = program " reproduce dma-map --json --seeds 1 --profile neutral --reference " table \
    " --set bench.loops=" loops
  for (i = 1; i <= n; i++) command = command " --set " name[i] "=" value[i]
  command = command " 2>/dev/null"
  cells = 0
  while ((command | getline line) > 0) {
    if (line ~ /"counts": \[/) break
    if (field(line, "granule_bytes") != "") granule = field(line, "granule_bytes")
    if (field(line, "threads") != "") threads = field(line, "threads")
    if (field(line, "mode") != "") {
      key = granule " " threads " " field(line, "mode")
      if (!(key in model)) order[++cells_known] = key
      cells++
    }
    if (field(line, "measured_us") != "") measured[key] = field(line, "measured_us") + 0
    if (field(line, "model_us") != "") model[key] = field(line, "model_us") + 0
  }
  close(command)
  if (cells == 0) die("no result of: " command)
}

# ---- the objective ------------------------------------------------------------------------------
function above(x, limit) { return x > limit ? x - limit : 0 }
function size(x) { return x < 0 ? -x : x }

# Twice the points by which each pair of cells of the table is beyond a limit. The limits are a little
# inside those of the gates.
function penalty(    sum, i, part, one, off, limit, s, p)
{
  sum = 0
  for (i = 1; i <= cells_known; i++) {
    split(order[i], part, " ")
    s = part[1] " " part[2] " vcmdq"
    if (part[3] == "trapped" && s in model) {
      off = size(model[s] / model[order[i]] - measured[s] / measured[order[i]]) * 100
      sum += above(off, 1.8)
    }
    one = part[1] " 1 " part[3]
    if (part[2] != 2 || !(one in model)) continue
    p = model[order[i]] / model[one]
    if (part[3] == "trapped") sum += above(2.05, p) * 100
    else if (part[1] == 4096) sum += above(size(p - 1), 0.28) * 100
    else if (part[1] >= 65536) sum += above(size(p - 1), 0.09) * 100
  }
  return 2 * sum
}

# Mean squared relative error in percents, and the penalties.
function objective(point,    sum, i)
{
  if (point in known) return known[point]
  if (evaluations >= most) return 1e30
  evaluations++
  simulate(point)
  sum = 0
  for (i = 1; i <= cells; i++) sum += (100 * (model[order[i]] / measured[order[i]] - 1)) ^ 2
  known[point] = sum / cells + penalty()
  return known[point]
}

# ---- the search ---------------------------------------------------------------------------------
# POINT with its parameter I moved by STEPS; the same point when that is out of range.
function moved(point, i, by,    value, k, text)
{
  split(point, value, " ")
  value[i] += by
  if (value[i] < least[i]) value[i] = least[i]
  text = ""
  for (k = 1; k <= n; k++) text = text (k > 1 ? " " : "") sprintf("%d", value[k])
  return text
}

# A gain of less than a thousandth is none.
function try(point,    f)
{
  f = objective(point)
  if (f > best_f * 0.999) return 0
  best = point
  best_f = f
  return 1
}

# Steps as long as they help; a step that helps neither way is halved.
function descend_along(i,    way, helped)
{
  helped = 0
  for (way = 1; way >= -1 && !helped; way -= 2)
    while (try(moved(best, i, way * direction[i] * step[i]))) helped = way
  if (helped) direction[i] *= helped
  else step[i] = int(step[i] / 2) > finest[i] ? int(step[i] / 2) : finest[i]
}

function at_finest(    i)
{
  for (i = 1; i <= n; i++)
    if (step[i] > finest[i]) return 0
  return 1
}

# Coordinate by coordinate, until a whole round at the finest steps has not helped.
function descend(    i, round_from, was_finest)
{
  do {
    round_from = best
    was_finest = at_finest()
    for (i = 1; i <= n; i++) descend_along(i)
    printf "fit: %4d evaluations, objective %10.4f: %s\n", evaluations, best_f, best >"/dev/stderr"
  } while (evaluations < most && (best != round_from || !was_finest))
}

BEGIN {
  read_from()
  read_params()
  best = ""
  for (i = 1; i <= n; i++) best = best (i > 1 ? " " : "") sprintf("%d", start[i])
  best_f = objective(best)
  # Polling makes stairs of the latencies: wide steps once more may lead out of a hollow.
  do {
    again_from = best
    descend()
    for (i = 1; i <= n; i++) step[i] = int(first[i] / 2)
  } while (best != again_from && evaluations < most)
  split(best, value, " ")
  for (i = 1; i <= n; i++) print name[i], value[i]
  printf "objective %.4f\nevaluations %d\n", best_f, evaluations
  print "ended " (evaluations < most ? "at the finest steps" : "at the limit")
}
