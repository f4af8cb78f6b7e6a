// Imported first by tests that evaluate in their own process: native calls then run in the order they are made in, as in
// the model process. The pool reads the variable when it is first used.

process.env["UV_THREADPOOL_SIZE"] = "1";
