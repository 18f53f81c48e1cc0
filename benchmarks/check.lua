-- Sends one fixed request over and over, looks at every answer, and prints what it saw
-- as one line of JSON. Arguments: method, bytes to upload, bytes that must come back,
-- and for the run without a proxy the Authorization to send.

-- Copying larger bodies into Lua would make wrk the bottleneck. There it counts the
-- bytes of all answers together, and its own count of statuses over 399 stands.
local EVERY_ANSWER = 65536
local threads = {}
local wanted

local function check(status, headers, body)
  if status ~= 200 then
    wrong_status = wrong_status + 1
  elseif #body ~= wanted then
    wrong_length = wrong_length + 1
  end
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = args[1]
  local upload = tonumber(args[2])
  if upload > 0 then
    wrk.body = string.rep("x", upload)
    wrk.headers["Content-Type"] = "application/json"
  end
  if args[4] then
    wrk.headers["Authorization"] = args[4]
  end
  wanted = tonumber(args[3])
  answer_size = wanted
  wrong_status = 0
  wrong_length = 0
  if wanted <= EVERY_ANSWER then
    response = check
  end
end

function done(summary, latency, requests)
  local status, length = 0, 0
  for _, thread in ipairs(threads) do
    status = status + thread:get("wrong_status")
    length = length + thread:get("wrong_length")
    if summary.bytes < summary.requests * thread:get("answer_size") then
      length = summary.requests
    end
  end
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "errors": '
    .. '{"status": %d, "length": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    math.max(status, e.status), length, e.connect, e.read, e.write, e.timeout))
end
