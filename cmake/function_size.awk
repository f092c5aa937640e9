# awk -f function_size.awk FILE...: functions of more than 60 lines, each with its length; status 1
# when there are any. Counted as clang-tidy does, from the opening brace to the closing one. The
# layout is clang-format's: a brace alone on its line, below a line that ends a list of arguments,
# opens a function. A reason is NOLINTNEXTLINE(readability-function-size): REASON on the line above.
BEGIN { limit = 60 }

FNR == 1 { inside = 0; previous = head = above = reason = "" }

# The first line of what may become a function, and the line above it.
!inside && /^[A-Za-z_]/ { head = $0; reason = above }
!inside && /^ +[A-Za-z_~]/ && FILENAME ~ /[.]cpp$/ && previous !~ /[,(]$/ { head = $0; reason = above }

!inside && /^ *[{]$/ && previous ~ /[)]( const| noexcept| override| final)*$/ {
  inside = 1
  from = FNR
  match($0, /[{]/)
  last = substr($0, 1, RSTART - 1) "}"
}

inside && index($0, last) == 1 {
  inside = 0
  functions++
  lines = FNR - from
  if (lines > longest) {
    longest = lines
    longest_at = FILENAME ":" from
  }
  if (lines > limit && reason !~ /NOLINTNEXTLINE[(]readability-function-size[)]: ./) {
    printf "%s:%d: %d lines, the limit is %d: %s\n", FILENAME, from, lines, limit, head
    over++
  }
}

{ above = previous = $0 }

END {
  printf "function-size: %d functions, longest %s with %d lines\n", functions, longest_at, longest
  exit over > 0
}
