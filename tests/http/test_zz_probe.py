import asyncio, time, requests, socket
async def test_probe(api, market):
    person = market.mitra()
    async def timed(name, f, n=40):
        await f()
        t=time.perf_counter()
        for i in range(n): await f()
        print(name, "%.1f ms"%((time.perf_counter()-t)/n*1000))
    await timed("healthz", lambda: api.get("/healthz"))
    await timed("readyz", lambda: api.get("/readyz"))
    await timed("stats", lambda: api.get("/api/mitra/stats", headers=person.headers))
    await timed("beat", lambda: api.post("/api/mitra/status/heartbeat", headers=person.headers))
    host, port = api.base_url.host, api.base_url.port
    def raw():
        s=socket.create_connection((host,port)); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY,1)
        ts=[]
        for i in range(30):
            t=time.perf_counter(); s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); d=s.recv(65536); 
            t1=time.perf_counter()-t
            ts.append(t1)
        print("raw healthz", ["%.1f"%(x*1000) for x in sorted(ts)[::6]], d[:200])
        s.close()
    await asyncio.to_thread(raw)
