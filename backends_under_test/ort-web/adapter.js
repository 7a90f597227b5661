'use strict';
// ONNX Runtime Web under test, in plain Node: the WebAssembly build that browsers run.
//
// Options: threads (1), optimization (disabled, basic, extended, all). The first argument is the folder of the packages.
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { createRequire } = require('module');

console.log = console.info = console.error; // stdout belongs to the protocol

const load = createRequire(path.join(process.argv[2], 'package.json'));
const ort = load('onnxruntime-web');
const protobuf = load('protobufjs');
const { read, write, Unsupported } = require('./tensors.js');

const schema = protobuf.loadSync(path.join(__dirname, '..', '..', 'spec', 'onnx.proto'));
const TensorProto = schema.lookupType('onnx.TensorProto');
const ModelProto = schema.lookupType('onnx.ModelProto');

let sessionOptions = null;

const LEVELS = ['disabled', 'basic', 'extended', 'all'];

function hello(options) {
  const { threads = '1', optimization = 'all' } = options;
  if (!/^[1-9][0-9]*$/.test(threads))
    return { error: { message: `option threads is '${threads}', expected a whole number, 1 or more` } };
  if (!LEVELS.includes(optimization))
    return { error: { message: `option optimization is '${optimization}', expected one of ${LEVELS.join(', ')}` } };
  ort.env.wasm.numThreads = Number(threads);
  ort.env.logLevel = 'error';
  sessionOptions = { executionProviders: ['wasm'], graphOptimizationLevel: optimization };
  const manifest = path.join(process.argv[2], 'node_modules', 'onnxruntime-web', 'package.json');
  const version = JSON.parse(fs.readFileSync(manifest, 'utf8')).version;
  const devices = [`wasm (Node ${process.versions.node})`];
  return { protocol: 1, name: 'ONNX Runtime Web', version, devices, announces_load: true };
}

// The library reads no files: it is handed those that the model names, if they lie below the model's folder.
function externalData(bytes, folder) {
  const files = new Map();
  for (const tensor of ModelProto.decode(bytes).graph?.initializer || [])
    for (const entry of tensor.externalData || []) {
      const file = path.resolve(folder, entry.value);
      if (entry.key === 'location' && file.startsWith(folder + path.sep) && fs.existsSync(file))
        files.set(entry.value, fs.readFileSync(file));
    }
  return [...files].map(([name, data]) => ({ path: name, data }));
}

function isLack(error) {
  const text = String(error.message || error);
  return error instanceof Unsupported ||
    /ERROR_CODE: 9|NOT_IMPLEMENTED|is not a registered function\/op|unsupported data type|not supported/i.test(text);
}

function refusal(stage, error) {
  if (error instanceof WebAssembly.RuntimeError) {
    console.error(error); // the module is beyond repair: this is the library's crash
    process.exit(134);
  }
  const answer = { stage, message: String(error.message || error).slice(0, 2000) || 'no message' };
  if (isLack(error)) answer.kind = 'unsupported';
  return { error: answer };
}

function fault(error) {
  return { error: { stage: 'run', message: String(error.stack || error).slice(0, 2000), kind: 'adapter' } };
}

async function loadSession(request) {
  const bytes = fs.readFileSync(request.model);
  let external = [];
  try {
    external = externalData(bytes, path.dirname(request.model));
  } catch {
    // whatever is wrong with the file, the library shall say it
  }
  return ort.InferenceSession.create(bytes, { ...sessionOptions, externalData: external });
}

async function infer(session, request) {
  const feeds = {};
  request.inputs.forEach((file, i) => {
    if (session.inputMetadata[i] && !session.inputMetadata[i].isTensor)
      throw new Unsupported('the API of ONNX Runtime Web takes tensors only');
    feeds[session.inputNames[i]] = read(ort, TensorProto, file);
  });
  return session.run(feeds);
}

async function run(request) {
  let session;
  try {
    session = await loadSession(request);
  } catch (error) {
    return refusal('load', error);
  }
  send({ id: request.id, loaded: true });
  try {
    const results = await infer(session, request);
    const names = session.outputNames.map((_, i) => `output_${i}.pb`);
    try {
      session.outputNames.forEach((name, i) => write(TensorProto, path.join(request.outputs_dir, names[i]), results[name]));
    } catch (error) {
      return fault(error);
    }
    return { ok: true, outputs: names };
  } catch (error) {
    return refusal('run', error);
  } finally {
    await session.release();
  }
}

function send(answer) {
  fs.writeSync(1, JSON.stringify(answer) + '\n');
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.type === 'stop') break;
    const answer = request.type === 'hello' ? hello(request.options || {}) : await run(request);
    if ('id' in request) answer.id = request.id;
    send(answer);
  }
  process.exit(0);
}

main();
