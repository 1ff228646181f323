-- For wrk. Arguments: the method and, if requests have tokens, a file with one a line. Prints what it found as JSON.

local requests, at = {}, 0

function init(arguments)
    local method = arguments[1]
    if arguments[2] then
        for token in io.lines(arguments[2]) do
            requests[#requests + 1] = wrk.format(method, nil, {Host = wrk.host, Authorization = 'Bearer ' .. token})
        end
    else
        requests[1] = wrk.format(method)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
