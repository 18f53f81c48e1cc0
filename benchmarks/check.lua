-- Sends one fixed request over and over, looks at every answer, and prints what it saw
-- as one line of JSON. Arguments: what to send first, how many bytes of filler, how many bytes of
-- body must come back, and what to send after the filler. @KEY@ stands for what no other request has.

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
  -- wrk's own would put the lines in an order that differs from run to run.
  local request = args[1] .. string.rep("x", tonumber(args[2])) .. (args[4] or "")
  wrk.format = function() return request end
  local parts = {}
  for part in (request .. "@KEY@"):gmatch("(.-)@KEY@") do
    table.insert(parts, part)
  end
  if #parts > 1 then
    local run, number = tostring({}):sub(8) .. os.time(), 0
    _G.request = function()
      number = number + 1
      return table.concat(parts, run .. "-" .. number)
    end
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
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_us": %.1f, "p99_us": %.1f, "p999_us": %.1f, '
    .. '"max_us": %.1f, "errors": '
    .. '{"status": %d, "length": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9), latency.max,
    math.max(status, e.status), length, e.connect, e.read, e.write, e.timeout))
end
