-- Asks for the profiles of the fleet in turn, and writes what measure.go reads.
local phones, n = 1, 0

function init(args)
  phones = tonumber(args[1])
end

function request()
  n = (n + 1) % phones
  return wrk.format("GET", string.format("/00562b%06x.xml", n))
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("rate=%.1f errors=%d\n", summary.requests / summary.duration * 1e6, e.status + e.connect + e.read + e.write + e.timeout))
end
