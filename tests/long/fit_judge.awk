# What a fit is worth, for fit.sh: reads what `smmulator reproduce dma-map --json` gave for all cells.
#
# Variable: fitted, a CSV file with the cells that the fit has seen.
# Prints lines "cell GRANULE THREADS MODE MEASURED MODEL ERROR LINE SEEN", errors in percents: LINE is
# that of the straight line through the fitted cells of the series, "-" where there are not two; SEEN
# is fitted or held. And lines "reduction POINTS" (off the measured one) and "contention RATIO" (two
# threads to one, trapped).

function field(line, key,    at)
{
  at = index(line, "\"" key "\": ")
  if (!at) return ""
  line = substr(line, at + length(key) + 4)
  gsub(/[",]/, "", line)
  return line
}

function size(x) { return x < 0 ? -x : x }

function read_fitted(    line, part, series, pages)
{
  while ((getline line <fitted) > 0) {
    if (split(line, part, ",") != 4 || part[1] + 0 == 0) continue
    seen[part[1] " " part[2] " " part[3]] = 1
    series = part[2] " " part[3]
    pages = part[1] / 4096
    points[series]++
    x[series] += pages
    y[series] += part[4]
    xx[series] += pages * pages
    xy[series] += pages * part[4]
  }
  close(fitted)
}

# The error in percents of the straight line through what was fitted.
function line_error(series, pages, value,    n, slope)
{
  n = points[series]
  if (n < 2) return "-"
  slope = (n * xy[series] - x[series] * y[series]) / (n * xx[series] - x[series] * x[series])
  return sprintf("%.4f", 100 * ((y[series] + slope * (n * pages - x[series])) / n / value - 1))
}

BEGIN { read_fitted() }
/"counts": \[/ { past_cells = 1 }
past_cells { next }
/"granule_bytes": / { granule = field($0, "granule_bytes") }
/"threads": / { threads = field($0, "threads") }
/"mode": / { key = granule " " threads " " field($0, "mode"); order[++cells] = key }
/"measured_us": / { measured[key] = field($0, "measured_us") + 0 }
/"model_us": / { model[key] = field($0, "model_us") + 0 }
END {
  if (cells == 0) exit 2
  for (i = 1; i <= cells; i++) {
    key = order[i]
    split(key, part, " ")
    printf "cell %s %.1f %.2f %.4f %s %s\n", key, measured[key], model[key],
           100 * (model[key] / measured[key] - 1),
           line_error(part[2] " " part[3], part[1] / 4096, measured[key]),
           key in seen ? "fitted" : "held"
    if (part[3] != "trapped") continue
    other = part[1] " " part[2] " vcmdq"
    printf "reduction %.4f\n",
           100 * size(model[other] / model[key] - measured[other] / measured[key])
    if (part[2] == 2) printf "contention %.4f\n", model[key] / model[part[1] " 1 trapped"]
  }
}
