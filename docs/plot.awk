# Draws what `smmulator reproduce dma-map` prints as SVG: published against model, one panel for one
# thread and one for two, logarithmic axis. usage: awk -f docs/plot.awk FILE > docs/images/dma-map.svg

function log10(v) { return log(v) / log(10) }
function y(v) { return 372 - (log10(v) - log10(2)) * 320 / (log10(700) - log10(2)) }
function x(panel, i) { return 90 + panel * 440 + i * 85 }

# One series: `what` is measured or model, column 1 trapped, 2 VCMDQ.
function line_of(panel, threads, value, class,    i, path) {
  for (i = 0; i < granules; i++)
    path = path sprintf("%s%.1f %.1f", i ? " L" : "M", x(panel, i), y(value[threads, i]))
  printf "  <path class=\"line %s\" d=\"%s\"/>\n", class, path
}
function dots_of(panel, threads, value, class,    i) {
  for (i = 0; i < granules; i++)
    printf "  <circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n", class, x(panel, i), y(value[threads, i])
}
function panel_of(p, threads,    i, t) {
  printf "  <text class=\"head mid\" x=\"%.1f\" y=\"34\">%s</text>\n", x(p, 2), threads == 1 ? "one thread" : "two threads"
  for (i = 1; i <= ticks; i++) {
    t = y(tick[i])
    printf "  <path class=\"grid\" d=\"M%.1f %.1f H%.1f\"/>\n", x(p, 0) - 20, t, x(p, granules - 1) + 20
    printf "  <text class=\"soft end\" x=\"%.1f\" y=\"%.1f\">%d us</text>\n", x(p, 0) - 26, t + 4, tick[i]
  }
  for (i = 0; i < granules; i++)
    printf "  <text class=\"soft mid\" x=\"%.1f\" y=\"392\">%s</text>\n", x(p, i), name[i]
  line_of(p, threads, trapped_model, "trapped")
  line_of(p, threads, vcmdq_model, "vcmdq")
  dots_of(p, threads, trapped, "trapped")
  dots_of(p, threads, vcmdq, "vcmdq")
  i = granules - 2
  printf "  <text class=\"mid\" x=\"%.1f\" y=\"%.1f\">trapped</text>\n", x(p, i) - 34, y(trapped[threads, i]) - 20
  printf "  <text class=\"mid\" x=\"%.1f\" y=\"%.1f\">VCMDQ</text>\n", x(p, i), y(vcmdq[threads, i]) + 28
}

BEGIN { granules = 0 }
# bytes threads measured model[*] error line measured model[*] error line meas. model
$1 ~ /^[0-9]+[km]$/ && $2 ~ /^[0-9]+$/ && NF >= 12 {
  if (!($1 in index_of)) { index_of[$1] = granules; name[granules++] = $1 }
  trapped[$2, index_of[$1]] = $3 + 0; trapped_model[$2, index_of[$1]] = $4 + 0
  vcmdq[$2, index_of[$1]] = $7 + 0; vcmdq_model[$2, index_of[$1]] = $8 + 0
}
END {
  if (granules != 5) { print "docs/plot.awk: no table with five granules" >"/dev/stderr"; exit 1 }
  ticks = split("2 5 10 20 50 100 200 500", tick, " ")
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 440\" width=\"960\" height=\"440\" role=\"img\""
  print "     aria-labelledby=\"title desc\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"14\">"
  print "  <!-- made by docs/renew.sh -->"
  print "  <title id=\"title\">dma_unmap in a guest: published and simulated</title>"
  print "  <desc id=\"desc\">Latency of dma_unmap in a guest over the bytes unmapped, for one and for two threads. The"
  print "  trapped command queue takes several times as long as VCMDQ. Circles are published, lines are the model.</desc>"
  print "  <style>"
  print "    .paper { fill: #ffffff; }"
  print "    .grid { stroke: #d5dbe2; }"
  print "    .line { fill: none; stroke-width: 2; }"
  print "    .dot { fill: none; stroke-width: 2; }"
  print "    .trapped { stroke: #b3392f; }"
  print "    .vcmdq { stroke: #35638f; }"
  print "    text { fill: #1c2733; }"
  print "    .soft { fill: #4d5b69; font-size: 12px; }"
  print "    .head { font-weight: 600; }"
  print "    .mid { text-anchor: middle; }"
  print "    .end { text-anchor: end; }"
  print "    @media (prefers-color-scheme: dark) {"
  print "      .paper { fill: #0f151c; }"
  print "      .grid { stroke: #33414f; }"
  print "      .trapped { stroke: #ff8a7d; }"
  print "      .vcmdq { stroke: #7fb2e5; }"
  print "      text { fill: #e6edf3; }"
  print "      .soft { fill: #a9b6c3; }"
  print "    }"
  print "  </style>"
  print "  <rect class=\"paper\" width=\"960\" height=\"440\"/>"
  panel_of(0, 1)
  panel_of(1, 2)
  print "  <circle class=\"dot trapped\" cx=\"300\" cy=\"421\" r=\"5\"/>"
  print "  <circle class=\"dot vcmdq\" cx=\"316\" cy=\"421\" r=\"5\"/>"
  print "  <text class=\"soft\" x=\"330\" y=\"425\">published</text>"
  print "  <path class=\"line trapped\" d=\"M420 417 h28\"/>"
  print "  <path class=\"line vcmdq\" d=\"M420 425 h28\"/>"
  print "  <text class=\"soft\" x=\"458\" y=\"425\">model</text>"
  print "  <text class=\"soft\" x=\"530\" y=\"425\">time of one dma_unmap over the bytes it unmaps</text>"
  print "</svg>"
}
