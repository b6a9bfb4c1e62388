// Encrypts or decrypts what standard input holds, a list of
// {"encrypt": bool, "ikm": base64url, "body": base64, "rs": number}, and prints
// the list of results in base64.
const ece = require('http_ece');
const jobs = JSON.parse(require('fs').readFileSync(0));
const results = jobs.map((job) => {
  const params = { version: 'aes128gcm', key: job.ikm };
  const body = Buffer.from(job.body, 'base64');
  if (!job.encrypt) return ece.decrypt(body, params);
  return ece.encrypt(body, { ...params, rs: job.rs });
});
console.log(JSON.stringify(results.map((r) => r.toString('base64'))));
