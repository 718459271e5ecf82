// Loaded into node before Azurite, for measuring alone. Azurite looks every row that is written up by
// { PartitionKey, RowKey }, and its database uses the index of the first of the two only: each write goes through all
// rows of the partition, and a long document costs the square of its lines. Asked the other way round, the same row is
// found through the index of row keys, which hardly ever repeat.
const database = require(require.resolve("lokijs", { paths: [process.argv[1]] }));
const collection = database.Collection.prototype;
const findOne = collection.findOne;

function hasBothKeysOnly(query) {
  return query && Object.keys(query).length === 2 && "PartitionKey" in query && "RowKey" in query;
}

collection.findOne = function (query) {
  const asked = hasBothKeysOnly(query) ? { RowKey: query.RowKey, PartitionKey: query.PartitionKey } : query;
  return findOne.call(this, asked);
};
