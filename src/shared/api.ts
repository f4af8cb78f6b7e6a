// What crosses between the host and the server so that other programs use the models over HTTP.

export interface ApiParams {
  /** 0 is any that is free. */
  readonly port: number;
  /** What each request has to bring. */
  readonly token: string;
}

export interface ApiAddress {
  /** Without a slash at its end. */
  readonly address: string;
}
