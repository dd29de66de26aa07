-- Sends one message again and again, with tokens and sessions in turns.
-- Arguments: the value of Host, the file of tokens, that of the body, that of sessions,
-- and further headers, each as its name and its value.

local prepared = {}
local turn = 0

local function lines(path)
  local found = {}
  for line in io.lines(path) do
    found[#found + 1] = line
  end
  return found
end

function init(args)
  local tokens = lines(args[2])
  local file = io.open(args[3], "rb")
  local body = file:read("*a")
  file:close()
  local sessions = lines(args[4])
  for i = 1, math.max(#tokens, #sessions) do
    local headers = {
      ["Host"] = args[1],
      ["Content-Type"] = "application/json",
      ["Accept"] = "application/json, text/event-stream",
      ["Authorization"] = "Bearer " .. tokens[(i - 1) % #tokens + 1],
    }
    if #sessions > 0 then
      headers["Mcp-Session-Id"] = sessions[(i - 1) % #sessions + 1]
    end
    for header = 5, #args, 2 do
      headers[args[header]] = args[header + 1]
    end
    prepared[i] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #prepared + 1
  return prepared[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"micros":%d,"p50":%.0f,"p99":%.0f,"refused":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
