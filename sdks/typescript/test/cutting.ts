// Something on the way to the server that cuts connections.

import { connect, createServer, type AddressInfo, type Server } from "node:net";

/** Cuts the first connections after so many bytes. */
export async function cutting(target: URL, cuts: number, after: number): Promise<{ host: string; cuts: () => number; server: Server }> {
    let made = 0;
    const server = createServer((client) => {
        const onwards = connect(Number(target.port), target.hostname);
        let passed = 0;
        client.on("data", (piece) => {
            passed += piece.length;
            if (passed > after && made < cuts) {
                made += 1;
                client.destroy();
                onwards.destroy();
            } else {
                onwards.write(piece);
            }
        });
        onwards.on("data", (piece) => client.write(piece));
        for (const [one, other] of [
            [client, onwards],
            [onwards, client],
        ] as const) {
            one.on("error", () => other.destroy());
            one.on("close", () => other.destroy());
        }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, cuts: () => made, server };
}
