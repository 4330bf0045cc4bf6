// Calls as rx-stomp's guide makes them: by its RxStompRPC.

import { RxStomp, RxStompRPC, RxStompState } from "@stomp/rx-stomp";
import { filter, firstValueFrom } from "rxjs";
import { measure, N, PROCEDURE } from "./measure.js";

async function calls(options) {
  const { url, login, passcode, vhost, queue } = options;
  const stomp = new RxStomp();
  stomp.configure({ brokerURL: url, connectHeaders: { login, passcode, host: vhost } });
  stomp.activate();
  await firstValueFrom(stomp.connectionState$.pipe(filter((state) => state === RxStompState.OPEN)));

  const rpc = new RxStompRPC(stomp);
  const call = async (procedure, request) => {
    const reply = rpc.rpc({
      destination: `/exchange/${queue}/calls`,
      headers: { "content-type": "application/json", type: procedure },
      body: JSON.stringify(request),
    });
    const message = await firstValueFrom(reply);
    const value = JSON.parse(message.body);
    if (message.headers.type === "fault") throw new Error(value.error);
    return value;
  };
  const lost = firstValueFrom(
    stomp.connectionState$.pipe(filter((state) => state === RxStompState.CLOSED)),
  ).then(() => {
    throw new Error("the connection was closed");
  });
  try {
    return await measure(() => call(PROCEDURE, N), lost, options);
  } finally {
    await stomp.deactivate();
  }
}

window.bench = { calls };
